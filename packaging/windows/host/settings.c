/* service.ini: which version is in force. Written as a whole beside the old one and put over it, so that a power cut
   leaves one or the other. */
#include "host.h"

#include <shlobj.h>
#include <stdarg.h>

#define INI L"service.ini"
#define SECTION L"service"

bool join(WCHAR *to, size_t chars, const WCHAR *first, const WCHAR *second) {
    int count = swprintf(to, chars, L"%ls\\%ls", first, second);
    return count > 0 && (size_t)count < chars;
}

DWORD limit(DWORD written, DWORD else_s) {
    return written ? written : else_s;
}

/* A folder's name and nothing more: no path leads out of the program's own folder. */
bool is_version(const WCHAR *name) {
    size_t length = wcslen(name);
    if (length == 0 || length >= NAME_MAX_CHARS || name[0] < L'0' || name[0] > L'9') return false;
    return wcsspn(name, L"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.+-_") == length;
}

bool version_is_there(const struct settings *settings, const WCHAR *version) {
    WCHAR folder[PATH_MAX_CHARS], program[PATH_MAX_CHARS];
    return is_version(version) && join(folder, PATH_MAX_CHARS, settings->home, version) &&
           join(program, PATH_MAX_CHARS, folder, L"stillopen.py") &&
           GetFileAttributesW(program) != INVALID_FILE_ATTRIBUTES;
}

/* %ProgramData%, by Windows' own word: a service's environment need not have it. */
static bool program_data(WCHAR *to) {
    WCHAR *folder = NULL;
    bool found = SHGetKnownFolderPath(&FOLDERID_ProgramData, 0, NULL, &folder) == S_OK &&
                 join(to, PATH_MAX_CHARS, folder, L"Stillopen");
    CoTaskMemFree(folder);
    return found;
}

bool settings_read(struct settings *to) {
    WCHAR ini[PATH_MAX_CHARS], data[PATH_MAX_CHARS];
    ZeroMemory(to, sizeof *to);
    DWORD length = GetModuleFileNameW(NULL, to->home, PATH_MAX_CHARS);
    WCHAR *last = wcsrchr(to->home, L'\\');
    if (length == 0 || length >= PATH_MAX_CHARS || last == NULL) return false;
    *last = 0;
    if (!program_data(data) || !join(ini, PATH_MAX_CHARS, to->home, INI) || !join(to->state, PATH_MAX_CHARS, data, L"state") ||
        !join(to->config, PATH_MAX_CHARS, data, L"stillopen.toml"))
        return false;
    GetPrivateProfileStringW(SECTION, L"version", L"", to->version, NAME_MAX_CHARS, ini);
    GetPrivateProfileStringW(SECTION, L"previous", L"", to->previous, NAME_MAX_CHARS, ini);
    to->on_trial = GetPrivateProfileIntW(SECTION, L"trial", 0, ini) != 0;
    to->ready_s = GetPrivateProfileIntW(SECTION, L"ready_s", 0, ini);
    to->alive_s = GetPrivateProfileIntW(SECTION, L"alive_s", 0, ini);
    to->stop_s = GetPrivateProfileIntW(SECTION, L"stop_s", 0, ini);
    to->trial_s = GetPrivateProfileIntW(SECTION, L"trial_s", 0, ini);
    to->failures_max = GetPrivateProfileIntW(SECTION, L"failures_max", 0, ini);
    return true;
}

static void add(char *text, size_t size, const char *format, ...) {
    size_t length = strlen(text);
    va_list values;
    va_start(values, format);
    vsnprintf(text + length, size - length, format, values);
    va_end(values);
}

static void add_limit(char *text, size_t size, const char *key, DWORD value) {
    if (value) add(text, size, "%s=%lu\r\n", key, value);
}

bool settings_write(const struct settings *from) {
    WCHAR ini[PATH_MAX_CHARS], made[PATH_MAX_CHARS];
    char text[1024] = "";
    if (!join(ini, PATH_MAX_CHARS, from->home, INI) || !join(made, PATH_MAX_CHARS, from->home, INI L".new")) return false;
    add(text, sizeof text, "[service]\r\nversion=%ls\r\nprevious=%ls\r\ntrial=%d\r\n", from->version, from->previous,
        from->on_trial ? 1 : 0);
    add_limit(text, sizeof text, "ready_s", from->ready_s);
    add_limit(text, sizeof text, "alive_s", from->alive_s);
    add_limit(text, sizeof text, "stop_s", from->stop_s);
    add_limit(text, sizeof text, "trial_s", from->trial_s);
    add_limit(text, sizeof text, "failures_max", from->failures_max);
    HANDLE file = CreateFileW(made, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) return false;
    DWORD written = 0;
    bool whole = WriteFile(file, text, (DWORD)strlen(text), &written, NULL) && written == strlen(text) &&
                 FlushFileBuffers(file);
    CloseHandle(file);
    return whole && MoveFileExW(made, ini, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
}

bool program_of(const struct settings *settings, const WCHAR *version, WCHAR *to, size_t chars) {
    /* -I: nothing of this user's or PC's Python; utf8: what is said and written is the same on every Windows */
    int count = swprintf(to, chars, L"\"%ls\\%ls\\python\\python.exe\" -I -X utf8 \"%ls\\%ls\\stillopen.py\"",
                         settings->home, version, settings->home, version);
    return count > 0 && (size_t)count < chars;
}

/* Microsoft's rules for the first word of a command line, the program's own name, know no backslashes. */
const WCHAR *after_word(const WCHAR *line) {
    bool quoted = false;
    for (; *line && (quoted || (*line != L' ' && *line != L'\t')); line++)
        if (*line == L'"') quoted = !quoted;
    return line;
}
