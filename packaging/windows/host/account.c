/* `as-service PROGRAM WORDS`: a program run as the service's own account, for SYSTEM: a version that is tried on a copy of
   the journal may do what the service may, and no more. Its rights are those of the service that runs. */
#include "host.h"

#include <userenv.h>

static HANDLE token_of_service(void) {
    SERVICE_STATUS_PROCESS status = {0}, again = {0};
    DWORD needed;
    HANDLE token = NULL, own = NULL;
    SC_HANDLE service = service_open(SERVICE_QUERY_STATUS);
    if (service == NULL) return NULL;
    bool runs = QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status, sizeof status, &needed) &&
                status.dwProcessId != 0;
    HANDLE process = runs ? OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, status.dwProcessId) : NULL;
    /* asked again, now that it cannot go away: its number may have been another's by then */
    if (process && QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&again, sizeof again, &needed) &&
        again.dwProcessId == status.dwProcessId)
        OpenProcessToken(process, TOKEN_DUPLICATE | TOKEN_QUERY, &token);
    if (token) DuplicateTokenEx(token, MAXIMUM_ALLOWED, NULL, SecurityImpersonation, TokenPrimary, &own);
    if (token) CloseHandle(token);
    if (process) CloseHandle(process);
    service_close(service);
    return own;
}

/* The command line behind `as-service`, as it was typed. */
static const WCHAR *behind(const WCHAR *line) {
    for (int words = 0; words < 2; words++) {
        line = after_word(line);
        line += wcsspn(line, L" \t");
    }
    return line;
}

static bool begin(HANDLE token, const WCHAR *folder, HANDLE job, PROCESS_INFORMATION *made) {
    WCHAR command[COMMAND_MAX_CHARS], no_desktop[] = L""; /* of SYSTEM's: it may not be opened by the account */
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES, .lpDesktop = no_desktop};
    void *environment = NULL;
    const WCHAR *words = behind(GetCommandLineW());
    if (wcslen(words) >= COMMAND_MAX_CHARS || !CreateEnvironmentBlock(&environment, token, FALSE)) return false;
    wcscpy(command, words);
    start.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    start.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    start.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    DWORD how = CREATE_SUSPENDED | CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT | BELOW_NORMAL_PRIORITY_CLASS;
    bool begun = CreateProcessAsUserW(token, NULL, command, NULL, NULL, TRUE, how, environment, folder, &start, made);
    DWORD error = GetLastError();
    DestroyEnvironmentBlock(environment);
    SetLastError(error);
    if (!begun) return false;
    AssignProcessToJobObject(job, made->hProcess); /* before it runs: whoever ends this ends it, too */
    ResumeThread(made->hThread);
    return true;
}

int command_as_service(void) {
    struct settings settings;
    PROCESS_INFORMATION made;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION ends_together = {0};
    DWORD code = FAILED;
    if (!settings_read(&settings)) return NOT_STARTED;
    HANDLE token = token_of_service();
    if (token == NULL) {
        complain(L"the service does not run, or its rights cannot be had: Windows error %lu; next: stillopen service status",
                 GetLastError());
        return NOT_STARTED;
    }
    ends_together.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    HANDLE job = CreateJobObjectW(NULL, NULL);
    SetInformationJobObject(job, JobObjectExtendedLimitInformation, &ends_together, sizeof ends_together);
    bool begun = begin(token, settings.state, job, &made);
    if (!begun)
        complain(L"it cannot be started as " ACCOUNT L": Windows error %lu; next: as SYSTEM, by the task alone",
                 GetLastError());
    CloseHandle(token);
    if (begun) {
        WaitForSingleObject(made.hProcess, INFINITE);
        GetExitCodeProcess(made.hProcess, &code);
        CloseHandle(made.hThread);
        CloseHandle(made.hProcess);
    }
    CloseHandle(job);
    return begun ? (int)code : NOT_STARTED;
}
