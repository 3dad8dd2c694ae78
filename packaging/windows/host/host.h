/* Stillopen's Windows service host: what its files share. What it promises is in ../README.md. */
#pragma once

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <stdbool.h>
#include <stdio.h>
#include <wchar.h>

#define SERVICE L"Stillopen"
#define DISPLAY L"Stillopen"
#define DESCRIPTION L"Keeps the store selling: its scanners, printers, drawers and records."
#define ACCOUNT L"NT SERVICE\\Stillopen" /* a virtual account: no password, no rights but its own, nobody else's files */
#define TO_BE_TRIED L"trial"             /* the service's start parameter, from `use` alone */
#define PATH_MAX_CHARS 1024              /* longer than any path that Windows takes without a prefix (260) */
#define NAME_MAX_CHARS 64                /* a version, as a folder's name */
#define COMMAND_MAX_CHARS 8192           /* what cmd.exe takes; a command line built here has four paths */

/* Limits, each to be overruled by a key of service.ini. */
#define READY_S 600      /* a large journal that a newer version brings up to date takes minutes, once */
#define ALIVE_S 20       /* as agent/service/notify.py has it */
#define STOP_S 30        /* the agent lets prints and the last record end */
#define TRIAL_S 60       /* how long a newer version has to be well before the older is let go */
#define FAILURES_MAX 30  /* in an hour; then the service manager's own recovery has its turn */

enum exit_code { DONE = 0, FAILED = 1, WRONG_USE = 2, WENT_BACK = 4, NOT_STARTED = 5 };

/* What is written in service.ini; a limit of 0 is one that is not written there. */
struct settings {
    WCHAR home[PATH_MAX_CHARS];  /* where the host is, with the versions beside it */
    WCHAR state[PATH_MAX_CHARS]; /* where the agent keeps its things, and the host its log */
    WCHAR config[PATH_MAX_CHARS];
    WCHAR version[NAME_MAX_CHARS];
    WCHAR previous[NAME_MAX_CHARS]; /* empty where there is none */
    bool on_trial;
    DWORD ready_s, alive_s, stop_s, trial_s, failures_max;
};

/* settings.c */
bool settings_read(struct settings *to);
bool settings_write(const struct settings *from);
bool is_version(const WCHAR *name);
bool version_is_there(const struct settings *settings, const WCHAR *version);
DWORD limit(DWORD written, DWORD else_s);
bool join(WCHAR *to, size_t chars, const WCHAR *first, const WCHAR *second);
/* The start of a command line: a version's Python and its program. */
bool program_of(const struct settings *settings, const WCHAR *version, WCHAR *to, size_t chars);
/* What follows the first word of a command line. */
const WCHAR *after_word(const WCHAR *line);

/* log.c: to host.log, to the console, and what a person should see to the Windows event log. */
enum event { NO_EVENT = 0, EVENT_READY = 1, EVENT_FAILED = 2, EVENT_WENT_BACK = 3, EVENT_GAVE_UP = 4 };
void log_begin(void);
bool log_open(const struct settings *settings, bool to_console);
void log_close(void);
void log_line(const char *bytes, size_t count);
void say(enum event event, const char *format, ...);

/* told.c: how the service is, in STATE\host.txt, for who asks. */
struct told {
    WCHAR version[NAME_MAX_CHARS];
    bool ready;     /* the store sells */
    bool on_trial;
    DWORD failed;   /* lives that ended badly since the host began */
    char said[512]; /* the agent's own line, UTF-8 */
};
bool told_write(const struct settings *settings, const struct told *told);
bool told_read(const struct settings *settings, DWORD host_process, struct told *told);

/* life.c: one life of the agent. */
enum ending { ASKED, AGAIN, BROKEN }; /* the service stops; the agent wants to be started again; it failed */
struct life {
    const struct settings *settings;
    const WCHAR *version;
    HANDLE stop;              /* set when the service is to stop */
    void (*while_not_ready)(void); /* called again and again: the service manager wants to hear */
    void (*when_ready)(void);
    void (*while_ending)(void);
    DWORD failed;             /* lives before it that ended badly */
    bool on_trial;            /* in and out: it has not been well for TRIAL_S yet */
    DWORD well_s;             /* out: how long it was ready */
};
enum ending live(struct life *life);
ULONGLONG awake_ms(void); /* time that passes only while the PC is not asleep */

/* service.c: the lives one after the other, as a service or in a console. */
int serve(void);
int serve_in_console(void);

/* errands.c: whether an update was begun and has not settled. */
bool update_is_under_way(const struct settings *settings);

/* asked.c: what the agent asks SYSTEM for, taken away so that it is done once; NULL where it is nothing that is known. */
const WCHAR *asked_take(const struct settings *settings);

/* shortcuts.c: have the till's shortcuts open this page; false where one is there that could not be changed. */
bool shortcuts_open(const WCHAR *page);

/* commands.c, use.c, errands.c, account.c, folder.c: what an administrator, the installer, the task and the agent's own command
   line ask for. */
int command_install(void);
int command_uninstall(void);
int command_start(void);
int command_stop(void);
int command_status(void);
int command_use(const WCHAR *version);
int command_errands(void);
int command_folder(void);
int command_as_service(void); /* exits as the program does, or NOT_STARTED */

/* manager.c: the service manager, asked. Each says on stderr why it failed, with the next step. */
SC_HANDLE service_open(DWORD rights); /* NULL where there is none, or no right to it: GetLastError() */
void service_close(SC_HANDLE service);
bool service_stop(const struct settings *settings);
/* Starts it and waits until `version` sells; `on_trial`: until it has been well for the trial's time. */
bool service_start(const struct settings *settings, const WCHAR *version, bool on_trial);
void complain(const WCHAR *format, ...);
