/* Errands: what the agent's account has no right to, done for it as SYSTEM, by a task that comes every minute. It looks for
   some milliseconds, and starts a Python only where there is something to do. */
#include "host.h"

#define LOCK L"errands.lock" /* held throughout, by a setup too: two never work, and neither comes between the other's steps */
#define UPDATES L"update"    /* in home, as agent/update/machine.py has it */
#define UNDER_WAY L"under-way.json" /* agent/update/ledger.py */
#define SAID L"errand.log"   /* what the newest of them said, and no more: how an update went is in its ledger */
#define KEY L"SOFTWARE\\Stillopen"
#define PAGE L"Page"         /* where the till's page is: `service follow` writes it */
#define FOLLOWED L"Followed" /* which configuration the browsers follow: its time and size */
#define STAMP_CHARS 64
#define PAGE_CHARS 64 /* http://localhost:65535/ */

/* Closed by Windows when the process ends, however that is. */
static HANDLE lock(const struct settings *settings) {
    WCHAR path[PATH_MAX_CHARS];
    if (!join(path, PATH_MAX_CHARS, settings->home, LOCK)) return INVALID_HANDLE_VALUE;
    return CreateFileW(path, GENERIC_WRITE, 0, NULL, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
}

/* The one that was found well: the one under trial may not even start. */
static const WCHAR *steady(const struct settings *settings) {
    if (settings->on_trial && version_is_there(settings, settings->previous)) return settings->previous;
    return version_is_there(settings, settings->version) ? settings->version : NULL;
}

static bool in_updates(const struct settings *settings, const WCHAR *name, WCHAR *to) {
    WCHAR folder[PATH_MAX_CHARS];
    return join(folder, PATH_MAX_CHARS, settings->home, UPDATES) && join(to, PATH_MAX_CHARS, folder, name);
}

static HANDLE said_to(const struct settings *settings, SECURITY_ATTRIBUTES *inherited) {
    WCHAR folder[PATH_MAX_CHARS], path[PATH_MAX_CHARS];
    if (!join(folder, PATH_MAX_CHARS, settings->home, UPDATES) || !in_updates(settings, SAID, path))
        return INVALID_HANDLE_VALUE;
    CreateDirectoryW(folder, NULL);
    /* shared: one that has just ended may still be letting go of it */
    return CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, inherited, CREATE_ALWAYS,
                       FILE_ATTRIBUTE_NORMAL, NULL);
}

/* Have the program do it, to its end: it is in no job, so that nobody who ends this ends a switch half-way. */
static DWORD done(const struct settings *settings, const WCHAR *words) {
    WCHAR program[COMMAND_MAX_CHARS], command[COMMAND_MAX_CHARS];
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    DWORD code = FAILED;
    const WCHAR *version = steady(settings);
    if (version == NULL || !program_of(settings, version, program, COMMAND_MAX_CHARS) ||
        swprintf(command, COMMAND_MAX_CHARS, L"%ls --config \"%ls\" --state \"%ls\" %ls", program, settings->config,
                 settings->state, words) < 0)
        return FAILED;
    HANDLE said = said_to(settings, &inherited);
    HANDLE nothing = CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited, OPEN_EXISTING, 0, NULL);
    start.hStdInput = nothing;
    start.hStdOutput = start.hStdError = said;
    if (CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_NO_WINDOW | BELOW_NORMAL_PRIORITY_CLASS, NULL,
                       settings->home, &start, &made)) {
        WaitForSingleObject(made.hProcess, INFINITE);
        GetExitCodeProcess(made.hProcess, &code);
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    } else {
        complain(L"%ls cannot be started: Windows error %lu; next: run Stillopen's setup again", version, GetLastError());
    }
    if (said != INVALID_HANDLE_VALUE) CloseHandle(said);
    if (nothing != INVALID_HANDLE_VALUE) CloseHandle(nothing);
    return code;
}

static bool stamp(const WCHAR *file, WCHAR *to) {
    WIN32_FILE_ATTRIBUTE_DATA found;
    if (!GetFileAttributesExW(file, GetFileExInfoStandard, &found)) return false;
    swprintf(to, STAMP_CHARS, L"%08lx%08lx %lu", found.ftLastWriteTime.dwHighDateTime, found.ftLastWriteTime.dwLowDateTime,
             found.nFileSizeLow);
    return true;
}

static bool read(const WCHAR *name, WCHAR *to, DWORD chars) {
    DWORD bytes = chars * sizeof *to;
    return RegGetValueW(HKEY_LOCAL_MACHINE, KEY, name, RRF_RT_REG_SZ, NULL, to, &bytes) == ERROR_SUCCESS;
}

/* The browsers' rule, the till's page and its shortcuts, as `[api]` has them by now. */
static void follow_configuration(const struct settings *settings) {
    WCHAR now[STAMP_CHARS], before[STAMP_CHARS], page[PAGE_CHARS];
    if (!stamp(settings->config, now) || (read(FOLLOWED, before, STAMP_CHARS) && wcscmp(now, before) == 0)) return;
    DWORD code = done(settings, L"service follow");
    if (code != DONE && code != WRONG_USE) return; /* a configuration that is wrong is read again once it is mended */
    if (code == DONE && (!read(PAGE, page, PAGE_CHARS) || !shortcuts_open(page))) return;
    RegSetKeyValueW(HKEY_LOCAL_MACHINE, KEY, FOLLOWED, REG_SZ, now, (DWORD)((wcslen(now) + 1) * sizeof *now));
}

bool update_is_under_way(const struct settings *settings) {
    WCHAR path[PATH_MAX_CHARS];
    return in_updates(settings, UNDER_WAY, path) && GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

static void see_to_updates(const struct settings *settings) {
    WCHAR words[64] = L"update work --asked ";
    const WCHAR *asked = asked_take(settings);
    if (asked) done(settings, wcscat(words, asked));
    else if (update_is_under_way(settings)) done(settings, L"update recover"); /* the power went, or somebody works: it asks */
}

int command_errands(void) {
    struct settings settings;
    if (!settings_read(&settings)) return FAILED;
    HANDLE held = lock(&settings);
    if (held == INVALID_HANDLE_VALUE) {
        if (GetLastError() == ERROR_SHARING_VIOLATION) return DONE; /* whoever holds it is at it */
        complain(L"only SYSTEM or an administrator may do this: Windows error %lu", GetLastError());
        return FAILED;
    }
    follow_configuration(&settings);
    see_to_updates(&settings);
    CloseHandle(held);
    return DONE;
}
