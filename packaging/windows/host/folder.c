/* `folder`: the store's folder, %ProgramData%\Stillopen, before anything is written there. Any user of the PC may have made
   one: what is in that is nobody's journal and nobody's configuration, and what it leads to is not ours to close. */
#include "host.h"

#include <aclapi.h>
#include <sddl.h>

#define CLOSED L"O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)" /* SYSTEM and Administrators, and nothing from above */
#define TRIES_MAX 3 /* somebody may make it anew in the moment in which it was moved aside */

enum found { NOT_THERE, OURS, THEIRS, LEADS_ELSEWHERE, UNKNOWN };

static bool make(const WCHAR *folder) {
    SECURITY_ATTRIBUTES closed = {.nLength = sizeof closed};
    if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(CLOSED, SDDL_REVISION_1, &closed.lpSecurityDescriptor, NULL))
        return false;
    bool made = CreateDirectoryW(folder, &closed);
    DWORD error = GetLastError();
    LocalFree(closed.lpSecurityDescriptor);
    SetLastError(error);
    return made;
}

static bool is_mine(PSID owner) {
    BYTE bytes[SECURITY_MAX_SID_SIZE + sizeof(TOKEN_USER)];
    HANDLE token;
    DWORD needed;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) return false;
    bool mine = GetTokenInformation(token, TokenUser, bytes, sizeof bytes, &needed) &&
                EqualSid(owner, ((TOKEN_USER *)bytes)->User.Sid);
    CloseHandle(token);
    return mine;
}

/* Whose it is: an administrator's, or of the one who runs this. No user can give away what is his; and what an
   administrator may not even look at is none's, for an owner always may. */
static enum found look(const WCHAR *folder) {
    HANDLE handle = CreateFileW(folder, READ_CONTROL | FILE_READ_ATTRIBUTES,
                                FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL, OPEN_EXISTING,
                                FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    DWORD error = GetLastError();
    if (handle == INVALID_HANDLE_VALUE)
        return error == ERROR_FILE_NOT_FOUND ? NOT_THERE : error == ERROR_ACCESS_DENIED ? THEIRS : UNKNOWN;
    BY_HANDLE_FILE_INFORMATION about;
    PSECURITY_DESCRIPTOR descriptor = NULL;
    PSID owner = NULL;
    enum found found = UNKNOWN;
    if (GetFileInformationByHandle(handle, &about)) {
        if (about.dwFileAttributes & FILE_ATTRIBUTE_REPARSE_POINT)
            found = LEADS_ELSEWHERE;
        else if (GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
                                 &descriptor) == ERROR_SUCCESS)
            found = IsWellKnownSid(owner, WinBuiltinAdministratorsSid) || IsWellKnownSid(owner, WinLocalSystemSid) ||
                            is_mine(owner)
                        ? OURS
                        : THEIRS;
    }
    LocalFree(descriptor);
    CloseHandle(handle);
    return found;
}

static bool move_aside(const WCHAR *folder) {
    WCHAR aside[PATH_MAX_CHARS];
    SYSTEMTIME now;
    GetSystemTime(&now);
    int count = swprintf(aside, PATH_MAX_CHARS, L"%ls.found-%04u%02u%02u-%02u%02u%02u%03u", folder, now.wYear, now.wMonth,
                         now.wDay, now.wHour, now.wMinute, now.wSecond, now.wMilliseconds);
    if (count < 0 || !MoveFileExW(folder, aside, MOVEFILE_WRITE_THROUGH)) return false;
    printf("%ls was made by somebody who is no administrator: moved to %ls, and not used\n", folder, aside);
    return true;
}

int command_folder(void) {
    struct settings settings;
    if (!settings_read(&settings)) return FAILED;
    WCHAR *last = wcsrchr(settings.config, L'\\');
    const WCHAR *folder = settings.config;
    if (last == NULL) return FAILED;
    *last = 0;
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        if (make(folder)) return DONE;
        if (GetLastError() != ERROR_ALREADY_EXISTS) break;
        switch (look(folder)) {
        case OURS: return DONE;
        case NOT_THERE: continue;
        case THEIRS:
            if (!move_aside(folder)) goto not_had;
            continue;
        case LEADS_ELSEWHERE:
            complain(L"%ls leads elsewhere, or is no folder of this disk; next: see who made it, and remove it", folder);
            return FAILED;
        default: goto not_had;
        }
    }
not_had:
    complain(L"%ls cannot be had: Windows error %lu; next: close what has it open, and run this as an administrator", folder,
             GetLastError());
    return FAILED;
}
