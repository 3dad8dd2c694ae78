/* STATE\update\asked: what the agent asks of SYSTEM, one of three words (agent/update/request.py). The folder is the agent's,
   which may make a link of any folder in it at any moment. So the file is opened once, looked at where it really lies, and
   read and taken away by that handle alone: nothing outside the store's folder is ever deleted for it. */
#include "host.h"

#define ASKED L"\\update\\asked"
#define BYTES_MAX 31 /* the longest word has five */

static const WCHAR *const WORDS[] = {L"stage", L"apply", L"back"};

/* Where an open file or folder is, whatever links led to it. */
static bool really_at(HANDLE file, WCHAR *path) {
    DWORD length = GetFinalPathNameByHandleW(file, path, PATH_MAX_CHARS, FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    return length > 0 && length < PATH_MAX_CHARS;
}

/* The place where it has to be: below the folder that the state folder is in, in which only administrators write. */
static bool place(const struct settings *settings, WCHAR *path) {
    WCHAR folder[PATH_MAX_CHARS], tail[PATH_MAX_CHARS];
    wcscpy(folder, settings->state);
    WCHAR *last = wcsrchr(folder, L'\\');
    if (last == NULL) return false;
    int count = swprintf(tail, PATH_MAX_CHARS, L"%ls%ls", last, ASKED);
    *last = 0;
    HANDLE above = CreateFileW(folder, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                               OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (above == INVALID_HANDLE_VALUE) return false;
    bool known = count > 0 && really_at(above, path) && wcslen(path) + (size_t)count < PATH_MAX_CHARS;
    CloseHandle(above);
    if (known) wcscat(path, tail);
    return known;
}

static const WCHAR *word_in(HANDLE file) {
    char bytes[BYTES_MAX + 1];
    WCHAR text[BYTES_MAX + 1];
    DWORD count = 0;
    if (!ReadFile(file, bytes, BYTES_MAX, &count, NULL)) return NULL;
    while (count && (bytes[count - 1] == '\n' || bytes[count - 1] == '\r')) count--;
    for (DWORD at = 0; at < count; at++) text[at] = (unsigned char)bytes[at];
    text[count] = 0;
    for (size_t at = 0; at < sizeof WORDS / sizeof *WORDS; at++)
        if (wcscmp(text, WORDS[at]) == 0) return WORDS[at];
    return NULL;
}

const WCHAR *asked_take(const struct settings *settings) {
    WCHAR path[PATH_MAX_CHARS], wanted[PATH_MAX_CHARS], real[PATH_MAX_CHARS];
    int count = swprintf(path, PATH_MAX_CHARS, L"%ls%ls", settings->state, ASKED);
    if (count < 0 || !place(settings, wanted)) return NULL;
    /* no link is followed in the last step, and whoever listens at a pipe learns nothing of who opened it */
    HANDLE file = CreateFileW(path, GENERIC_READ | DELETE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, NULL);
    if (file == INVALID_HANDLE_VALUE) return NULL;
    BY_HANDLE_FILE_INFORMATION found;
    FILE_DISPOSITION_INFO gone = {TRUE};
    const WCHAR *word = NULL;
    bool ours = GetFileType(file) == FILE_TYPE_DISK && really_at(file, real) && _wcsicmp(real, wanted) == 0;
    if (ours && GetFileInformationByHandle(file, &found) && found.nNumberOfLinks == 1 &&
        !(found.dwFileAttributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY)))
        word = word_in(file);
    /* what stays there would be done again every minute */
    if (ours && !SetFileInformationByHandle(file, FileDispositionInfo, &gone, sizeof gone)) word = NULL;
    CloseHandle(file);
    return word;
}
