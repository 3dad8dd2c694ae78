/* stillopen-service.exe: started by the service manager with no word, by anybody else with one. */
#include "host.h"

int wmain(int count, WCHAR **words) {
    static const struct {
        const WCHAR *word;
        int (*does)(void);
    } commands[] = {
        {L"install", command_install}, {L"uninstall", command_uninstall}, {L"start", command_start},
        {L"stop", command_stop},       {L"status", command_status},       {L"console", serve_in_console},
        {L"errands", command_errands}, {L"folder", command_folder},
    };
    if (count == 1) return serve();
    if (count == 3 && wcscmp(words[1], L"use") == 0) return command_use(words[2]);
    if (count > 2 && wcscmp(words[1], L"as-service") == 0) return command_as_service();
    for (size_t at = 0; count == 2 && at < sizeof commands / sizeof *commands; at++)
        if (wcscmp(words[1], commands[at].word) == 0) return commands[at].does();
    complain(L"stillopen-service.exe install | start | stop | status | use VERSION | uninstall | console | errands | "
             L"folder | as-service PROGRAM ...");
    return WRONG_USE;
}
