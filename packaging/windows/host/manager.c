/* The service manager, asked: is the service there, stop it, start it and wait until the store sells. */
#include "host.h"

#include <stdarg.h>

#define LOOK_MS 250
#define SLACK_S 10 /* the host's own time beside the agent's */

void complain(const WCHAR *format, ...) {
    va_list values;
    va_start(values, format);
    vfwprintf(stderr, format, values);
    va_end(values);
    fputwc(L'\n', stderr);
}

SC_HANDLE service_open(DWORD rights) {
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    if (manager == NULL) return NULL;
    SC_HANDLE service = OpenServiceW(manager, SERVICE, rights);
    DWORD error = GetLastError();
    CloseServiceHandle(manager);
    SetLastError(error);
    return service;
}

void service_close(SC_HANDLE service) {
    DWORD error = GetLastError();
    CloseServiceHandle(service);
    SetLastError(error);
}

static bool look(SC_HANDLE service, SERVICE_STATUS_PROCESS *status) {
    DWORD needed;
    return QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)status, sizeof *status, &needed);
}

static bool no_service(void) {
    DWORD error = GetLastError();
    if (error == ERROR_ACCESS_DENIED)
        complain(L"only an administrator may do this; next: open the window with 'Run as administrator'");
    else if (error == ERROR_SERVICE_DOES_NOT_EXIST)
        complain(L"the service is not installed; next: run Stillopen's setup again");
    else
        complain(L"the service manager does not answer: Windows error %lu; next: restart the PC", error);
    return false;
}

bool service_stop(const struct settings *settings) {
    DWORD longest_s = limit(settings->stop_s, STOP_S) + limit(settings->ready_s, READY_S) + SLACK_S;
    SERVICE_STATUS_PROCESS status;
    SERVICE_STATUS ignored;
    SC_HANDLE service = service_open(SERVICE_STOP | SERVICE_QUERY_STATUS);
    if (service == NULL && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST) return true; /* then it does not run */
    if (service == NULL) return no_service();
    bool stopped = false;
    for (DWORD looked = 0; looked < longest_s * 1000 / LOOK_MS; looked++) {
        stopped = look(service, &status) && status.dwCurrentState == SERVICE_STOPPED;
        if (stopped) break;
        /* one that starts refuses to stop: it is asked again */
        if (status.dwCurrentState != SERVICE_STOP_PENDING) ControlService(service, SERVICE_CONTROL_STOP, &ignored);
        Sleep(LOOK_MS);
    }
    service_close(service);
    if (!stopped) complain(L"the service does not stop; next: restart the PC");
    return stopped;
}

/* The lives that ended badly before it was started here: a host that runs already may have had some, and sell again. */
static DWORD failed_before(const struct settings *settings, SC_HANDLE service) {
    SERVICE_STATUS_PROCESS status;
    struct told told;
    return look(service, &status) && told_read(settings, status.dwProcessId, &told) ? told.failed : 0;
}

/* What the running host says of `version`: 1 it is as it should be, 0 not yet, -1 it will not be. */
static int judge(const struct settings *settings, const WCHAR *version, bool on_trial, DWORD process, DWORD before) {
    struct told told;
    if (!told_read(settings, process, &told)) return 0;
    bool it_is = wcscmp(told.version, version) == 0;
    if (it_is && told.ready && (!on_trial || !told.on_trial)) return 1;
    if (on_trial) return told.failed && !it_is ? -1 : 0;
    return told.failed > before ? -1 : 0;
}

bool service_start(const struct settings *settings, const WCHAR *version, bool on_trial) {
    DWORD longest_s = limit(settings->ready_s, READY_S) + limit(settings->trial_s, TRIAL_S) + SLACK_S;
    SERVICE_STATUS_PROCESS status;
    SC_HANDLE service = service_open(SERVICE_START | SERVICE_QUERY_STATUS);
    if (service == NULL) return no_service();
    const WCHAR *words[] = {TO_BE_TRIED};
    bool started = StartServiceW(service, on_trial ? 1 : 0, on_trial ? words : NULL);
    DWORD error = started ? NO_ERROR : GetLastError(), before = 0;
    if (error == ERROR_SERVICE_ALREADY_RUNNING) {
        started = true;
        before = failed_before(settings, service);
    }
    if (!started) complain(L"the service cannot be started: Windows error %lu", error);
    int verdict = started ? 0 : -1;
    for (DWORD looked = 0; verdict == 0 && looked < longest_s * 1000 / LOOK_MS; looked++) {
        Sleep(LOOK_MS);
        if (!look(service, &status) || status.dwCurrentState == SERVICE_STOPPED) verdict = -1;
        else verdict = judge(settings, version, on_trial, status.dwProcessId, before);
    }
    service_close(service);
    if (verdict != 1)
        complain(L"%ls is not well; next: read %ls\\logs\\host.log, and run `stillopen check`", version, settings->state);
    return verdict == 1;
}
