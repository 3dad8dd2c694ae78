/* What an administrator, the installer and `stillopen service` ask of the host. */
#include "host.h"

#define EVENTS L"SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\" SERVICE
#define RECOVERY_RESET_S 3600
#define PRESHUTDOWN_SLACK_S 5

/* What a Windows does not know yet is named and left out; anything else refuses. */
static bool set(SC_HANDLE service, DWORD level, void *to, const WCHAR *what) {
    if (ChangeServiceConfig2W(service, level, to)) return true;
    DWORD error = GetLastError();
    bool unknown = error == ERROR_INVALID_LEVEL || error == ERROR_CALL_NOT_IMPLEMENTED;
    complain(unknown ? L"this Windows has no %ls (%lu)" : L"%ls cannot be set: Windows error %lu", what, error);
    return unknown;
}

static bool set_all(SC_HANDLE service, const struct settings *settings) {
    WCHAR words[] = DESCRIPTION, privileges[] = L"SeChangeNotifyPrivilege\0";
    SERVICE_DESCRIPTIONW description = {words};
    /* when the host itself is gone or gave up: soon, later, and then every two minutes */
    SC_ACTION actions[] = {{SC_ACTION_RESTART, 5000}, {SC_ACTION_RESTART, 30000}, {SC_ACTION_RESTART, 120000}};
    SERVICE_FAILURE_ACTIONSW recovery = {.dwResetPeriod = RECOVERY_RESET_S, .cActions = 3, .lpsaActions = actions};
    SERVICE_FAILURE_ACTIONS_FLAG also_on_error = {TRUE}; /* or Windows takes "gave up" for a stop that was wanted */
    SERVICE_SID_INFO own_sid = {SERVICE_SID_TYPE_UNRESTRICTED};
    SERVICE_REQUIRED_PRIVILEGES_INFOW no_more_than = {privileges};
    SERVICE_PRESHUTDOWN_INFO time_to_end = {(limit(settings->stop_s, STOP_S) + PRESHUTDOWN_SLACK_S) * 1000};
    return set(service, SERVICE_CONFIG_DESCRIPTION, &description, L"description") &&
           set(service, SERVICE_CONFIG_FAILURE_ACTIONS, &recovery, L"recovery") &&
           set(service, SERVICE_CONFIG_FAILURE_ACTIONS_FLAG, &also_on_error, L"recovery on error") &&
           set(service, SERVICE_CONFIG_SERVICE_SID_INFO, &own_sid, L"SID of its own") &&
           set(service, SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO, &no_more_than, L"limit of privileges") &&
           set(service, SERVICE_CONFIG_PRESHUTDOWN_INFO, &time_to_end, L"time before shutdown");
}

static bool add_event_source(void) {
    /* EventCreate.exe is part of every Windows, and its messages 1 to 1000 are "%1": the text as it was given */
    const WCHAR messages[] = L"%SystemRoot%\\System32\\EventCreate.exe";
    DWORD kinds = EVENTLOG_ERROR_TYPE | EVENTLOG_WARNING_TYPE | EVENTLOG_INFORMATION_TYPE;
    HKEY key;
    if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, EVENTS, 0, NULL, 0, KEY_WRITE, NULL, &key, NULL) != ERROR_SUCCESS) {
        complain(L"the event source cannot be made; next: run this as an administrator");
        return false;
    }
    RegSetValueExW(key, L"EventMessageFile", 0, REG_EXPAND_SZ, (const BYTE *)messages, sizeof messages);
    RegSetValueExW(key, L"TypesSupported", 0, REG_DWORD, (const BYTE *)&kinds, sizeof kinds);
    RegCloseKey(key);
    return true;
}

int command_install(void) {
    struct settings settings;
    WCHAR exe[PATH_MAX_CHARS], command[PATH_MAX_CHARS + 2];
    if (!settings_read(&settings) || !join(exe, PATH_MAX_CHARS, settings.home, L"stillopen-service.exe")) return FAILED;
    swprintf(command, PATH_MAX_CHARS + 2, L"\"%ls\"", exe);
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT | SC_MANAGER_CREATE_SERVICE);
    if (manager == NULL) {
        complain(L"only an administrator may do this; next: open the window with 'Run as administrator'");
        return FAILED;
    }
    SC_HANDLE service = OpenServiceW(manager, SERVICE, SERVICE_ALL_ACCESS);
    bool made = true;
    if (service == NULL)
        service = CreateServiceW(manager, SERVICE, DISPLAY, SERVICE_ALL_ACCESS, SERVICE_WIN32_OWN_PROCESS,
                                 SERVICE_AUTO_START, SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, ACCOUNT, NULL);
    else
        made = ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, SERVICE_AUTO_START, SERVICE_ERROR_NORMAL,
                                    command, NULL, NULL, NULL, ACCOUNT, NULL, DISPLAY);
    CloseServiceHandle(manager);
    if (service == NULL || !made) {
        complain(L"the service cannot be made: Windows error %lu; next: restart the PC and run the setup again",
                 GetLastError());
        if (service) CloseServiceHandle(service);
        return FAILED;
    }
    bool whole = set_all(service, &settings) && add_event_source();
    CloseServiceHandle(service);
    return whole ? DONE : FAILED;
}

int command_uninstall(void) {
    struct settings settings;
    if (!settings_read(&settings) || !service_stop(&settings)) return FAILED;
    SC_HANDLE service = service_open(DELETE);
    if (service == NULL && GetLastError() == ERROR_SERVICE_DOES_NOT_EXIST) return DONE; /* a setup that was cut short */
    if (service == NULL || !DeleteService(service)) {
        complain(L"the service cannot be removed: Windows error %lu; next: restart the PC", GetLastError());
        if (service) service_close(service);
        return FAILED;
    }
    service_close(service);
    RegDeleteKeyW(HKEY_LOCAL_MACHINE, EVENTS);
    return DONE;
}

int command_start(void) {
    struct settings settings;
    if (!settings_read(&settings)) return FAILED;
    return service_start(&settings, settings.version, false) ? DONE : FAILED;
}

int command_stop(void) {
    struct settings settings;
    return settings_read(&settings) && service_stop(&settings) ? DONE : FAILED;
}

static const char *word_for(DWORD state) {
    switch (state) {
    case SERVICE_RUNNING: return "active";
    case SERVICE_START_PENDING: return "activating";
    case SERVICE_STOP_PENDING: return "deactivating";
    default: return "inactive";
    }
}

static bool starts_by_itself(SC_HANDLE service) {
    BYTE bytes[8192]; /* the most that QueryServiceConfig gives */
    QUERY_SERVICE_CONFIGW *config = (QUERY_SERVICE_CONFIGW *)bytes;
    DWORD needed;
    return QueryServiceConfigW(service, config, sizeof bytes, &needed) && config->dwStartType == SERVICE_AUTO_START;
}

int command_status(void) {
    struct settings settings;
    SERVICE_STATUS_PROCESS status = {0};
    struct told told = {0};
    DWORD needed;
    if (!settings_read(&settings)) return FAILED;
    SC_HANDLE service = service_open(SERVICE_QUERY_STATUS | SERVICE_QUERY_CONFIG);
    if (service == NULL && GetLastError() != ERROR_SERVICE_DOES_NOT_EXIST) {
        complain(L"the service manager does not answer: Windows error %lu", GetLastError());
        return FAILED;
    }
    bool starts = service && starts_by_itself(service);
    if (service && QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &needed))
        told_read(&settings, status.dwProcessId, &told);
    printf("state=%s\nversion=%ls\nprevious=%ls\ntrial=%d\nruns=%ls\nready=%d\nstarts=%d\nsaid=%s\n",
           service ? word_for(status.dwCurrentState) : "not-found", settings.version, settings.previous,
           settings.on_trial, told.version, told.ready, starts, told.said);
    if (service) service_close(service);
    return DONE;
}
