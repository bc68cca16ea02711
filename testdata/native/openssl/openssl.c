#include "openssl.h"
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>

static SSL_CTX *server, *client;

/* A certificate that it signs itself. */
static int certify(SSL_CTX *ctx) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    if (!key || !cert)
        return -1;
    X509_gmtime_adj(X509_getm_notBefore(cert), 0);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    if (!X509_sign(cert, key, EVP_sha256()))
        return -1;
    return SSL_CTX_use_certificate(ctx, cert) == 1 && SSL_CTX_use_PrivateKey(ctx, key) == 1 ? 0 : -1;
}

int work_handshake(void) {
    SSL *s = SSL_new(server), *c = SSL_new(client);
    BIO *to_client, *to_server;
    char buffer[64];
    int got = -1;
    BIO_new_bio_pair(&to_client, 0, &to_server, 0);
    SSL_set_bio(s, to_client, to_client);
    SSL_set_bio(c, to_server, to_server);
    SSL_set_accept_state(s);
    SSL_set_connect_state(c);
    for (int i = 0; i < 10 && !(SSL_is_init_finished(s) && SSL_is_init_finished(c)); i++) {
        SSL_do_handshake(c);
        SSL_do_handshake(s);
    }
    if (SSL_write(c, "hello", 5) == 5)
        got = SSL_read(s, buffer, sizeof buffer);
    SSL_free(s);
    SSL_free(c);
    return got;
}

static void *handshakes(void *unused) {
    (void)unused;
    for (;;)
        work_handshake();
    return NULL;
}

int work_start(void) {
    server = SSL_CTX_new(TLS_server_method());
    client = SSL_CTX_new(TLS_client_method());
    if (!server || !client || certify(server) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        pthread_t t;
        if (pthread_create(&t, NULL, handshakes, NULL) != 0 || pthread_detach(t) != 0)
            return -1;
    }
    return 0;
}
