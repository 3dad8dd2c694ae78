/* The till's shortcuts, as the setup has made them: after another `[api] port` they open the page where it is now. One that
   somebody has taken away stays away. */
#define COBJMACROS
#include "host.h"

#include <shlobj.h>

#define TILL L"Stillopen till.lnk" /* setup.nsi */
#define NO_BROWSER L"Stillopen till.url"
#define ADDRESS L"--app=" /* the last of their words */
#define WORDS_MAX_CHARS 1024 /* a browser's path is not among them; a page's address is short */

static bool there(const KNOWNFOLDERID *folder, const WCHAR *name, WCHAR *to) {
    WCHAR *at = NULL;
    bool known = SHGetKnownFolderPath(folder, 0, NULL, &at) == S_OK && join(to, PATH_MAX_CHARS, at, name);
    CoTaskMemFree(at);
    return known && GetFileAttributesW(to) != INVALID_FILE_ATTRIBUTES;
}

static bool kept_with(IShellLinkW *link, IPersistFile *kept, const WCHAR *file, const WCHAR *page) {
    WCHAR words[WORDS_MAX_CHARS];
    if (FAILED(IPersistFile_Load(kept, file, STGM_READWRITE)) || FAILED(IShellLinkW_GetArguments(link, words, WORDS_MAX_CHARS)))
        return false;
    WCHAR *address = wcsstr(words, ADDRESS);
    if (address == NULL) return true; /* it is somebody's own by now */
    address += wcslen(ADDRESS);
    if (wcscmp(address, page) == 0) return true;
    int count = swprintf(address, WORDS_MAX_CHARS - (size_t)(address - words), L"%ls", page);
    return count > 0 && SUCCEEDED(IShellLinkW_SetArguments(link, words)) && SUCCEEDED(IPersistFile_Save(kept, file, TRUE));
}

static bool opens(const WCHAR *file, const WCHAR *page) {
    IShellLinkW *link = NULL;
    IPersistFile *kept = NULL;
    bool done = false;
    if (FAILED(CoCreateInstance(&CLSID_ShellLink, NULL, CLSCTX_INPROC_SERVER, &IID_IShellLinkW, (void **)&link))) return false;
    if (SUCCEEDED(IShellLinkW_QueryInterface(link, &IID_IPersistFile, (void **)&kept))) {
        done = kept_with(link, kept, file, page);
        IPersistFile_Release(kept);
    }
    IShellLinkW_Release(link);
    return done;
}

bool shortcuts_open(const WCHAR *page) {
    const struct {
        const KNOWNFOLDERID *folder;
        const WCHAR *name;
    } links[] = {
        {&FOLDERID_PublicDesktop, TILL}, {&FOLDERID_CommonPrograms, L"Stillopen\\" TILL}, {&FOLDERID_CommonStartup, TILL},
    };
    WCHAR file[PATH_MAX_CHARS];
    bool whole = SUCCEEDED(CoInitializeEx(NULL, COINIT_APARTMENTTHREADED));
    for (size_t at = 0; whole && at < sizeof links / sizeof *links; at++)
        if (there(links[at].folder, links[at].name, file)) whole = opens(file, page);
    if (whole && there(&FOLDERID_PublicDesktop, NO_BROWSER, file))
        whole = WritePrivateProfileStringW(L"InternetShortcut", L"URL", page, file);
    CoUninitialize();
    return whole;
}
