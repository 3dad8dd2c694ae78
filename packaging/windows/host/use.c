/* `use VERSION`: another version in force, on trial, and back by itself where it is not well. */
#include "host.h"

static bool name(const struct settings *settings) {
    if (settings_write(settings)) return true;
    complain(L"service.ini cannot be written: Windows error %lu; next: run this as an administrator", GetLastError());
    return false;
}

/* Put the version before in force again. The host may run it already: it goes back by itself. */
static int go_back(const struct settings *before, const WCHAR *from) {
    complain(L"%ls was not well: going back to %ls", from, before->version);
    if (!service_stop(before) || !name(before)) return FAILED;
    return service_start(before, before->version, false) ? WENT_BACK : FAILED;
}

/* The host runs it already: it went back before the store opened. Nobody at a till is disturbed for its name. */
static bool sells_already(SC_HANDLE service, const struct settings *settings, const WCHAR *version) {
    SERVICE_STATUS_PROCESS status = {0};
    struct told told;
    DWORD needed;
    return QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &needed) &&
           status.dwCurrentState == SERVICE_RUNNING && told_read(settings, status.dwProcessId, &told) && told.ready &&
           !told.on_trial && wcscmp(told.version, version) == 0;
}

int command_use(const WCHAR *version) {
    struct settings before, after;
    if (!settings_read(&before)) return FAILED;
    if (!version_is_there(&before, version)) {
        complain(L"there is no version %ls here; next: run its setup", version);
        return WRONG_USE;
    }
    after = before;
    wcscpy(after.version, version);
    if (wcscmp(before.version, version) != 0) wcscpy(after.previous, before.version);
    SC_HANDLE service = service_open(SERVICE_QUERY_STATUS);
    if (service == NULL) { /* nothing runs that could be on trial */
        after.on_trial = false;
        return name(&after) ? DONE : FAILED;
    }
    bool sells = wcscmp(before.version, version) != 0 && sells_already(service, &before, version);
    service_close(service);
    if (sells) {
        after.on_trial = false;
        return name(&after) ? DONE : FAILED;
    }
    bool can_go_back = wcscmp(before.version, version) != 0 && version_is_there(&before, before.version);
    after.on_trial = can_go_back;
    if (!service_stop(&before) || !name(&after)) return FAILED;
    if (service_start(&after, version, can_go_back)) {
        after.on_trial = false;
        return name(&after) ? DONE : FAILED;
    }
    return can_go_back ? go_back(&before, version) : FAILED;
}
