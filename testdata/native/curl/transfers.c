#include "transfers.h"
#include <curl/curl.h>

static CURLM *multi;

int transfers_open(void) {
    if (curl_global_init(CURL_GLOBAL_ALL) != 0)
        return -1;
    multi = curl_multi_init();
    return multi ? 0 : -1;
}

void transfers_add(const char *url) {
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_multi_add_handle(multi, easy);
}

/* A transfer that ended begins again. */
int transfers_drive(void) {
    int running = 0, left;
    CURLMsg *m;
    curl_multi_perform(multi, &running);
    while ((m = curl_multi_info_read(multi, &left))) {
        CURL *easy = m->easy_handle;
        curl_multi_remove_handle(multi, easy);
        curl_multi_add_handle(multi, easy);
    }
    return running;
}
