/* The host's log: what it did, and what the agent says beside its own log, such as why it could not begin. */
#include "host.h"

#include <stdarg.h>

#define LOG_BYTES_MAX (2 * 1024 * 1024) /* a line at each start and failure: years; a second file is kept */
#define LINE_BYTES_MAX 1024 /* a line of the host's own, with the agent's last words in it */

static CRITICAL_SECTION turn; /* the reader of the agent's lines and the host write both */
static HANDLE file = INVALID_HANDLE_VALUE;
static WCHAR path[PATH_MAX_CHARS], older[PATH_MAX_CHARS];
static bool console;

static void reopen(void) {
    file = CreateFileW(path, FILE_APPEND_DATA, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL, OPEN_ALWAYS, 0, NULL);
}

void log_begin(void) {
    InitializeCriticalSection(&turn);
}

bool log_open(const struct settings *settings, bool to_console) {
    WCHAR folder[PATH_MAX_CHARS];
    console = to_console;
    if (!join(folder, PATH_MAX_CHARS, settings->state, L"logs") || !join(path, PATH_MAX_CHARS, folder, L"host.log") ||
        !join(older, PATH_MAX_CHARS, folder, L"host.log.1"))
        return false;
    CreateDirectoryW(settings->state, NULL);
    CreateDirectoryW(folder, NULL);
    reopen();
    return file != INVALID_HANDLE_VALUE;
}

void log_close(void) {
    if (file != INVALID_HANDLE_VALUE) CloseHandle(file);
    file = INVALID_HANDLE_VALUE;
}

void log_line(const char *bytes, size_t count) {
    DWORD written;
    LARGE_INTEGER size;
    EnterCriticalSection(&turn);
    if (console) WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, (DWORD)count, &written, NULL);
    if (file != INVALID_HANDLE_VALUE && GetFileSizeEx(file, &size) && size.QuadPart > LOG_BYTES_MAX) {
        log_close();
        MoveFileExW(path, older, MOVEFILE_REPLACE_EXISTING);
    }
    if (file == INVALID_HANDLE_VALUE && path[0]) reopen(); /* a disk that was full may not be any more */
    if (file != INVALID_HANDLE_VALUE) WriteFile(file, bytes, (DWORD)count, &written, NULL);
    LeaveCriticalSection(&turn);
}

static void report(enum event event, const char *text) {
    WCHAR wide[LINE_BYTES_MAX];
    const WCHAR *words = wide;
    if (!MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, LINE_BYTES_MAX)) return;
    HANDLE source = RegisterEventSourceW(NULL, SERVICE);
    if (source == NULL) return;
    WORD kind = event == EVENT_READY    ? EVENTLOG_INFORMATION_TYPE
                : event == EVENT_FAILED ? EVENTLOG_WARNING_TYPE
                                        : EVENTLOG_ERROR_TYPE;
    ReportEventW(source, kind, 0, event, NULL, 1, 0, &words, NULL);
    DeregisterEventSource(source);
}

void say(enum event event, const char *format, ...) {
    char text[LINE_BYTES_MAX], line[LINE_BYTES_MAX + 64];
    SYSTEMTIME now;
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    GetSystemTime(&now);
    int count = snprintf(line, sizeof line, "%04d-%02d-%02dT%02d:%02d:%02dZ host: %s\r\n", now.wYear, now.wMonth,
                         now.wDay, now.wHour, now.wMinute, now.wSecond, text);
    log_line(line, (size_t)count);
    if (event != NO_EVENT && !console) report(event, text);
}
