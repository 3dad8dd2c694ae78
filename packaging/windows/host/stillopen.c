/* stillopen.exe: the command line, of the version in force. It hands on its words as they were typed, and the exit code. */
#include "host.h"

static BOOL WINAPI leave_it_to_the_program(DWORD event) {
    (void)event;
    return TRUE;
}

int wmain(void) {
    struct settings settings;
    WCHAR program[COMMAND_MAX_CHARS], command[COMMAND_MAX_CHARS];
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD code = FAILED;
    if (!settings_read(&settings) || !version_is_there(&settings, settings.version)) {
        fputs("service.ini names no version that is here; next: run Stillopen's setup again\n", stderr);
        return WRONG_USE;
    }
    int length = program_of(&settings, settings.version, program, COMMAND_MAX_CHARS)
                     ? swprintf(command, COMMAND_MAX_CHARS, L"%ls%ls", program, after_word(GetCommandLineW()))
                     : -1;
    if (length < 0 || length >= COMMAND_MAX_CHARS) {
        fputs("the command is too long; next: shorten it, or name fewer files at once\n", stderr);
        return WRONG_USE;
    }
    SetConsoleCtrlHandler(leave_it_to_the_program, TRUE);
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made)) {
        fprintf(stderr, "Python cannot be started: Windows error %lu; next: run Stillopen's setup again\n", GetLastError());
        return FAILED;
    }
    WaitForSingleObject(made.hProcess, INFINITE);
    GetExitCodeProcess(made.hProcess, &code);
    return (int)code;
}
