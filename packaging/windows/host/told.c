/* STATE\host.txt: how the service is, for `status`, `use` and the agent's own command line. The service manager keeps no
   such line. What another host process wrote is not believed. */
#include "host.h"

#include <stdlib.h>

#define BYTES_MAX 1024 /* six lines */

static bool where(const struct settings *settings, WCHAR *path, WCHAR *made) {
    return join(path, PATH_MAX_CHARS, settings->state, L"host.txt") &&
           join(made, PATH_MAX_CHARS, settings->state, L"host.txt.new");
}

bool told_write(const struct settings *settings, const struct told *told) {
    WCHAR path[PATH_MAX_CHARS], made[PATH_MAX_CHARS];
    char text[BYTES_MAX];
    if (!where(settings, path, made)) return false;
    int count = snprintf(text, sizeof text, "host=%lu\nversion=%ls\nready=%d\ntrial=%d\nfailed=%lu\nsaid=%s\n",
                         GetCurrentProcessId(), told->version, told->ready, told->on_trial, told->failed, told->said);
    if (count < 0 || (size_t)count >= sizeof text) return false;
    HANDLE file = CreateFileW(made, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file == INVALID_HANDLE_VALUE) return false;
    DWORD written = 0;
    bool whole = WriteFile(file, text, (DWORD)count, &written, NULL) && written == (DWORD)count;
    CloseHandle(file);
    return whole && MoveFileExW(made, path, MOVEFILE_REPLACE_EXISTING);
}

static const char *value_of(const char *text, const char *key) {
    const char *at = strstr(text, key);
    return at ? at + strlen(key) : "";
}

bool told_read(const struct settings *settings, DWORD host_process, struct told *told) {
    WCHAR path[PATH_MAX_CHARS], made[PATH_MAX_CHARS];
    char text[BYTES_MAX + 1], version[NAME_MAX_CHARS] = "";
    DWORD count = 0;
    ZeroMemory(told, sizeof *told);
    if (!where(settings, path, made)) return false;
    HANDLE file = CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE) return false;
    bool readable = ReadFile(file, text, BYTES_MAX, &count, NULL);
    CloseHandle(file);
    text[count] = 0;
    if (!readable || strncmp(text, "host=", 5) != 0 || strtoul(text + 5, NULL, 10) != host_process) return false;
    sscanf(value_of(text, "\nversion="), "%63[^\n]", version);
    MultiByteToWideChar(CP_UTF8, 0, version, -1, told->version, NAME_MAX_CHARS);
    told->ready = value_of(text, "\nready=")[0] == '1';
    told->on_trial = value_of(text, "\ntrial=")[0] == '1';
    told->failed = strtoul(value_of(text, "\nfailed="), NULL, 10);
    sscanf(value_of(text, "\nsaid="), "%511[^\n]", told->said);
    return true;
}
