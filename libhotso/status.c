/* Names of statuses, which need no Go. A test compares them with package foreign. */
#include "exports.h"

#define NAME(status, name)                                                                                   \
    case HOTSOH_##status:                                                                                    \
        return name

const char *hotsoh_status_name(hotsoh_status status) {
    switch (status) {
        NAME(OK, "ok");
        NAME(NOT_FOUND, "not_found");
        NAME(REFUSED, "refused");
        NAME(NOT_ELF, "not_elf");
        NAME(MACHINE, "machine");
        NAME(CORRUPT, "corrupt");
        NAME(NOT_LIBRARY, "not_library");
        NAME(SANITIZER, "sanitizer");
        NAME(ABI, "abi");
        NAME(UNSEALED, "unsealed");
        NAME(SEAL, "seal");
        NAME(UNSIGNED, "unsigned");
        NAME(UNTRUSTED, "untrusted");
        NAME(NEEDED, "needed");
        NAME(DOWNGRADE, "downgrade");
        NAME(NAME, "name");
        NAME(FUNCTION, "function");
        NAME(SIGNATURE, "signature");
        NAME(CONTRACT, "contract");
        NAME(LOAD, "load");
        NAME(START, "start");
        NAME(UNHEALTHY, "unhealthy");
        NAME(CONFLICT, "conflict");
        NAME(BUSY, "busy");
        NAME(LEFT, "left");
        NAME(CLOSED, "closed");
        NAME(EMPTY, "empty");
        NAME(UNSUPPORTED, "unsupported");
        NAME(CALL, "call");
        NAME(PANIC, "panic");
        NAME(ARGUMENT, "argument");
        NAME(HUNG, "hung");
        NAME(TOO_MANY_CALLS, "too_many_calls");
        NAME(CRASHED, "crashed");
        NAME(CRASH_LOOP, "crash_loop");
        NAME(TOO_MANY, "too_many");
        NAME(STATE, "state");
        NAME(EXCLUSIVE, "exclusive");
        NAME(PAUSED, "paused");
        NAME(TWO_STATES, "two_states");
        NAME(NONE_BEFORE, "none_before");
        NAME(CANARY, "canary");
        NAME(NO_CANARY, "no_canary");
        NAME(BAD_HANDLE, "bad_handle");
        NAME(TIMEOUT, "timeout");
        NAME(END, "end");
        NAME(FORKED, "forked");
        NAME(SECOND_COPY, "second_copy");
        NAME(NO_MEMORY, "no_memory");
        NAME(INTERNAL, "internal");
    }
    return "unknown";
}
