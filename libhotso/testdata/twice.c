/* twice.c loads two copies of libhotso, its arguments, and prints what each says of itself. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "hotso.h"

static void *find(void *library, const char *name) {
    void *symbol = dlsym(library, name);
    if (!symbol)
        printf("%s\n", dlerror());
    return symbol;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        void *library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
        if (!library) {
            printf("%s\n", dlerror());
            return 1;
        }
        hotsoh_status (*check)(hotsoh_error **);
        hotsoh_status (*slot_new)(const char *, hotsoh_settings, hotsoh_slot *, hotsoh_error **);
        const char *(*name)(hotsoh_status);
        *(void **)&check = find(library, "hotsoh_check");
        *(void **)&slot_new = find(library, "hotsoh_slot_new");
        *(void **)&name = find(library, "hotsoh_status_name");
        hotsoh_error *error = NULL;
        hotsoh_slot slot;
        hotsoh_status s = check(&error);
        printf("%s; %s; %s\n", name(s), error ? error->text : "", name(slot_new("x", 0, &slot, NULL)));
        dlclose(library);
    }
    return 0;
}
