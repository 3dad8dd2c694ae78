/* The lives of the agent, one after the other, with pauses that grow; which version lives; what the service manager hears. */
#include "host.h"

#define WAIT_S_MIN 2    /* a scanner's port needs a moment to be free again */
#define WAIT_S_MAX 60   /* whoever mends the cause sees it work within a minute */
#define WELL_S 120     /* a life this long was a good one: the next failure is a first one */
#define STARTING_MS_MAX 30000 /* as long as Windows' own tools wait for a start */
#define HOUR_MS (3600 * 1000ULL)
#define GAVE_UP 1       /* the service-specific error: the service manager's recovery has its turn */
#define HINT_MS 5000    /* how long the service manager may wait for the next word; one comes every 250 ms */

static SERVICE_STATUS_HANDLE manager;
static SERVICE_STATUS status;
static HANDLE stop;
static ULONGLONG began_ms;
static bool to_be_tried; /* `use` has started the service for the trial, and waits */

static void tell_manager(DWORD state, DWORD error) {
    bool settled = state == SERVICE_RUNNING || state == SERVICE_STOPPED;
    if (manager == NULL) return;
    status.dwServiceType = SERVICE_WIN32_OWN_PROCESS;
    status.dwCurrentState = state;
    status.dwControlsAccepted = state == SERVICE_RUNNING ? SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_PRESHUTDOWN : 0;
    status.dwWin32ExitCode = error ? ERROR_SERVICE_SPECIFIC_ERROR : NO_ERROR;
    status.dwServiceSpecificExitCode = error;
    status.dwCheckPoint = settled ? 0 : status.dwCheckPoint + 1;
    status.dwWaitHint = settled ? 0 : HINT_MS;
    SetServiceStatus(manager, &status);
}

static void is_ending(void) {
    tell_manager(SERVICE_STOP_PENDING, 0);
}

/* Stop is not taken while a service starts. So one that takes long is called running, and says in host.txt that it is
   not ready: a journal that is brought up to date can be left until another day. */
static void is_starting(void) {
    if (status.dwCurrentState != SERVICE_START_PENDING) return;
    tell_manager(awake_ms() - began_ms > STARTING_MS_MAX ? SERVICE_RUNNING : SERVICE_START_PENDING, 0);
}

static void has_started(void) {
    if (status.dwCurrentState == SERVICE_START_PENDING) tell_manager(SERVICE_RUNNING, 0);
}

/* The version to begin with: the one in force, or the one before where that folder is gone. */
static const WCHAR *first_version(const struct settings *settings) {
    if (version_is_there(settings, settings->version)) return settings->version;
    if (!version_is_there(settings, settings->previous)) return NULL;
    say(EVENT_WENT_BACK, "%ls is not on this PC any more: %ls runs", settings->version, settings->previous);
    return settings->previous;
}

/* Returns 0 when asked to stop, or GAVE_UP. */
static DWORD run_lives(void) {
    struct settings settings;
    ULONGLONG hour_began = awake_ms();
    DWORD failures = 0, wait_s = WAIT_S_MIN;
    log_begin();
    if (!settings_read(&settings) || !log_open(&settings, manager == NULL)) {
        say(EVENT_GAVE_UP, "the state folder cannot be written: Windows error %lu", GetLastError());
        return GAVE_UP;
    }
    struct life life = {
        .settings = &settings,
        .version = first_version(&settings),
        .stop = stop,
        .while_not_ready = is_starting,
        .when_ready = has_started,
        .while_ending = is_ending,
        .on_trial = settings.on_trial,
    };
    if (life.version == NULL) {
        say(EVENT_GAVE_UP, "no version is on this PC: run Stillopen's setup again");
        return GAVE_UP;
    }
    /* Before the store opens, as on Linux. A setup that was cut short is tried on: nobody else would bring it. */
    if (life.on_trial && !to_be_tried && update_is_under_way(&settings) && version_is_there(&settings, settings.previous)) {
        say(EVENT_WENT_BACK, "an update to %ls was cut short: %ls runs", life.version, settings.previous);
        life.version = settings.previous;
        life.on_trial = false;
        life.failed = 1; /* so that a `use` that still waits hears of it */
    }
    SetEnvironmentVariableW(L"STILLOPEN_SERVICE_HOST", L"lines");
    for (;;) {
        enum ending ending = live(&life);
        if (ending == ASKED) return 0;
        if (ending == AGAIN) continue;
        life.failed++;
        has_started(); /* the host does run, and tries again */
        struct told told = {.on_trial = life.on_trial, .failed = life.failed};
        wcscpy(told.version, life.version);
        told_write(&settings, &told);
        if (life.on_trial && version_is_there(&settings, settings.previous)) {
            say(EVENT_WENT_BACK, "%ls is not well: going back to %ls", life.version, settings.previous);
            life.version = settings.previous;
            life.on_trial = false;
            continue;
        }
        if (life.well_s >= WELL_S) wait_s = WAIT_S_MIN;
        if (awake_ms() - hour_began > HOUR_MS) {
            hour_began = awake_ms();
            failures = 0;
        }
        if (++failures >= limit(settings.failures_max, FAILURES_MAX)) {
            say(EVENT_GAVE_UP, "%lu failures within an hour: leaving it to Windows' own recovery", failures);
            return GAVE_UP;
        }
        if (WaitForSingleObject(stop, wait_s * 1000) == WAIT_OBJECT_0) return 0;
        wait_s = wait_s * 2 > WAIT_S_MAX ? WAIT_S_MAX : wait_s * 2;
    }
}

static DWORD WINAPI on_control(DWORD control, DWORD type, void *event, void *context) {
    (void)type, (void)event, (void)context;
    switch (control) {
    case SERVICE_CONTROL_STOP:
    case SERVICE_CONTROL_PRESHUTDOWN: /* before other services go, so that the last record is written in peace */
        tell_manager(SERVICE_STOP_PENDING, 0);
        SetEvent(stop);
        return NO_ERROR;
    case SERVICE_CONTROL_INTERROGATE:
        return NO_ERROR;
    default:
        return ERROR_CALL_NOT_IMPLEMENTED;
    }
}

static void WINAPI service_main(DWORD count, WCHAR **words) {
    to_be_tried = count > 1 && wcscmp(words[1], TO_BE_TRIED) == 0;
    manager = RegisterServiceCtrlHandlerExW(SERVICE, on_control, NULL);
    if (manager == NULL) return;
    began_ms = awake_ms();
    tell_manager(SERVICE_START_PENDING, 0);
    tell_manager(SERVICE_STOPPED, run_lives());
}

int serve(void) {
    WCHAR name[] = SERVICE;
    SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
    stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (StartServiceCtrlDispatcherW(table)) return DONE;
    fputs("started by the service manager alone; by hand: stillopen-service.exe console\n", stderr);
    return WRONG_USE;
}

static BOOL WINAPI on_console(DWORD event) {
    (void)event;
    SetEvent(stop);
    return TRUE;
}

int serve_in_console(void) {
    stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    SetConsoleCtrlHandler(on_console, TRUE);
    return run_lives() == 0 ? DONE : FAILED;
}
