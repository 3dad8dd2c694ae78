/* One life of the agent: started, heard, and ended. It is dead when its process ends, when it is not ready in time, and
   when it gives no sign of life. All that it started ends with it. */
#include "host.h"

#include <stdlib.h>

#define LOOK_MS 250          /* how often the time is looked at; the end of the process is heard at once */
#define KILLED_MS 5000       /* how long Windows may take to end a process that is not asked any more */
#define LINE_BYTES_MAX 8192  /* a line of the agent's is a sentence; a longer one is cut there */
#define LAST_WORDS_MAX 400   /* of what it said last: the error and its next step */
#define KILLED_CODE 99

struct hearing {
    HANDLE from;
    CRITICAL_SECTION turn; /* over what follows */
    bool ready;
    ULONGLONG sign_ms; /* when it gave a sign, awake_ms() */
    char said[sizeof((struct told *)0)->said];
    char last_words[LAST_WORDS_MAX];
};

ULONGLONG awake_ms(void) {
    ULONGLONG units_of_100_ns = 0;
    QueryUnbiasedInterruptTime(&units_of_100_ns);
    return units_of_100_ns / 10000;
}

/* Keep the end of what was said, a line break as a space. */
static void remember(char *words, const char *line, size_t count) {
    size_t length = strlen(words);
    if (count > LAST_WORDS_MAX - 2) count = LAST_WORDS_MAX - 2;
    if (length + count + 2 > LAST_WORDS_MAX) {
        size_t drop = length + count + 2 - LAST_WORDS_MAX;
        memmove(words, words + drop, length - drop);
        length -= drop;
    }
    if (length) words[length++] = ' ';
    memcpy(words + length, line, count);
    words[length + count] = 0;
}

static bool begins(const char *line, size_t count, const char *with) {
    return count >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static void hear_line(struct hearing *hearing, const char *line, size_t count) {
    if (count == 0) return;
    EnterCriticalSection(&hearing->turn);
    if (line[0] != '@') {
        remember(hearing->last_words, line, count);
    } else {
        hearing->sign_ms = awake_ms();
        if (begins(line, count, "@READY=1")) hearing->ready = true;
        if (begins(line, count, "@STATUS="))
            snprintf(hearing->said, sizeof hearing->said, "%.*s", (int)(count - 8), line + 8);
    }
    LeaveCriticalSection(&hearing->turn);
    if (line[0] != '@') {
        log_line(line, count);
        log_line("\r\n", 2);
    }
}

static DWORD WINAPI hear(void *given) {
    struct hearing *hearing = given;
    char bytes[LINE_BYTES_MAX];
    DWORD held = 0, count;
    while (ReadFile(hearing->from, bytes + held, sizeof bytes - held, &count, NULL) && count) {
        held += count;
        char *line = bytes, *end;
        while ((end = memchr(line, '\n', held - (size_t)(line - bytes))) != NULL) {
            size_t length = (size_t)(end - line);
            hear_line(hearing, line, length && end[-1] == '\r' ? length - 1 : length);
            line = end + 1;
        }
        held -= (DWORD)(line - bytes);
        memmove(bytes, line, held);
        if (held == sizeof bytes) {
            hear_line(hearing, bytes, held);
            held = 0;
        }
    }
    hear_line(hearing, bytes, held);
    return 0;
}

struct process {
    HANDLE process, job, ask; /* `ask`: its stdin; closed, it is asked to end */
    HANDLE out;
};

static bool begin(const struct life *life, struct process *to) {
    WCHAR program[COMMAND_MAX_CHARS], command[COMMAND_MAX_CHARS];
    SECURITY_ATTRIBUTES inherited = {sizeof inherited, NULL, TRUE};
    STARTUPINFOW start = {.cb = sizeof start, .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_INFORMATION made;
    HANDLE theirs_in, theirs_out;
    ZeroMemory(to, sizeof *to);
    if (!program_of(life->settings, life->version, program, COMMAND_MAX_CHARS) ||
        swprintf(command, COMMAND_MAX_CHARS,
                 L"%ls --config \"%ls\" --state \"%ls\" run --log-file \"%ls\\logs\\stillopen.log\"", program,
                 life->settings->config, life->settings->state, life->settings->state) < 0)
        return false;
    if (!CreatePipe(&theirs_in, &to->ask, &inherited, 0)) return false;
    if (!CreatePipe(&to->out, &theirs_out, &inherited, 0)) {
        CloseHandle(theirs_in);
        CloseHandle(to->ask);
        return false;
    }
    SetHandleInformation(to->ask, HANDLE_FLAG_INHERIT, 0);
    SetHandleInformation(to->out, HANDLE_FLAG_INHERIT, 0);
    start.hStdInput = theirs_in;
    start.hStdOutput = start.hStdError = theirs_out;
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION ends_together = {0};
    ends_together.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    to->job = CreateJobObjectW(NULL, NULL);
    SetInformationJobObject(to->job, JobObjectExtendedLimitInformation, &ends_together, sizeof ends_together);
    BOOL begun = CreateProcessW(NULL, command, NULL, NULL, TRUE, CREATE_SUSPENDED | CREATE_NO_WINDOW, NULL,
                                life->settings->state, &start, &made);
    DWORD error = GetLastError();
    CloseHandle(theirs_in);
    CloseHandle(theirs_out);
    if (!begun) {
        CloseHandle(to->ask);
        CloseHandle(to->out);
        CloseHandle(to->job);
        SetLastError(error);
        return false;
    }
    AssignProcessToJobObject(to->job, made.hProcess); /* before it runs, so that nothing of it is outside */
    ResumeThread(made.hThread);
    CloseHandle(made.hThread);
    to->process = made.hProcess;
    return true;
}

/* Ask it to end, and wait as long as it may take. */
static void ask_to_end(const struct life *life, struct process *process) {
    DWORD stop_s = limit(life->settings->stop_s, STOP_S);
    CloseHandle(process->ask);
    process->ask = NULL;
    for (DWORD looked = 0; looked < stop_s * 1000 / LOOK_MS; looked++) {
        if (WaitForSingleObject(process->process, LOOK_MS) == WAIT_OBJECT_0) {
            say(NO_EVENT, "stopped as asked");
            return;
        }
        life->while_ending();
    }
    say(EVENT_FAILED, "did not stop in %lu s: killed", stop_s);
}

static void tell(const struct life *life, struct hearing *hearing, struct told *told) {
    struct told now;
    ZeroMemory(&now, sizeof now); /* whole, with what lies between its fields: it is compared as bytes */
    wcscpy(now.version, life->version);
    now.on_trial = life->on_trial;
    now.failed = life->failed;
    EnterCriticalSection(&hearing->turn);
    now.ready = hearing->ready;
    strcpy(now.said, hearing->said);
    LeaveCriticalSection(&hearing->turn);
    if (memcmp(&now, told, sizeof now) != 0 && told_write(life->settings, &now)) *told = now;
}

/* How its process ended: an agent that sold and ends with 0 wants to be started again, as after a new configuration. */
static enum ending ended(const struct life *life, const struct process *process, struct hearing *hearing, bool was_ready) {
    DWORD code = 0;
    GetExitCodeProcess(process->process, &code);
    if (code == 0 && was_ready) {
        say(NO_EVENT, "ended, to be started again");
        return AGAIN;
    }
    Sleep(LOOK_MS); /* its last words may still be on their way */
    EnterCriticalSection(&hearing->turn);
    say(EVENT_FAILED, "%ls ended with code %lu: %s", life->version, code, hearing->last_words);
    LeaveCriticalSection(&hearing->turn);
    return BROKEN;
}

/* Watch it until it ends or has to be ended. */
static enum ending watch(struct life *life, struct process *process, struct hearing *hearing) {
    const struct settings *settings = life->settings;
    DWORD ready_s = limit(settings->ready_s, READY_S), alive_s = limit(settings->alive_s, ALIVE_S);
    HANDLE both[] = {life->stop, process->process};
    struct told told = {0};
    ULONGLONG began = awake_ms(), ready_since = 0;
    for (;;) {
        DWORD woken = WaitForMultipleObjects(2, both, FALSE, LOOK_MS);
        if (woken == WAIT_OBJECT_0) {
            ask_to_end(life, process);
            return ASKED;
        }
        EnterCriticalSection(&hearing->turn);
        bool ready = hearing->ready;
        ULONGLONG signed_at = hearing->sign_ms, now = awake_ms();
        LeaveCriticalSection(&hearing->turn);
        if (ready && ready_since == 0) {
            ready_since = now;
            say(EVENT_READY, "%ls is ready", life->version);
            life->when_ready();
        }
        life->well_s = ready ? (DWORD)((now - ready_since) / 1000) : 0;
        if (woken == WAIT_OBJECT_0 + 1) return ended(life, process, hearing, ready);
        if (!ready && now - began > ready_s * 1000ULL) {
            say(EVENT_FAILED, "%ls is not ready after %lu s: killed", life->version, ready_s);
            return BROKEN;
        }
        if (ready && now - signed_at > alive_s * 1000ULL) {
            say(EVENT_FAILED, "%ls gave no sign of life for %lu s: killed", life->version, alive_s);
            return BROKEN;
        }
        if (life->on_trial && life->well_s >= limit(settings->trial_s, TRIAL_S)) {
            life->on_trial = false;
            say(NO_EVENT, "%ls has been well for %lu s", life->version, life->well_s);
        }
        if (!ready) life->while_not_ready();
        tell(life, hearing, &told);
    }
}

enum ending live(struct life *life) {
    struct process process;
    struct hearing hearing = {0};
    life->well_s = 0;
    if (!begin(life, &process)) {
        say(EVENT_FAILED, "%ls cannot be started: Windows error %lu", life->version, GetLastError());
        return BROKEN;
    }
    say(NO_EVENT, "started %ls", life->version);
    InitializeCriticalSection(&hearing.turn);
    hearing.from = process.out;
    hearing.sign_ms = awake_ms();
    HANDLE reader = CreateThread(NULL, 0, hear, &hearing, 0, NULL);
    enum ending ending = watch(life, &process, &hearing);
    if (process.ask) CloseHandle(process.ask);
    TerminateJobObject(process.job, KILLED_CODE);
    CloseHandle(process.job);
    WaitForSingleObject(process.process, KILLED_MS);
    if (WaitForSingleObject(reader, KILLED_MS) == WAIT_TIMEOUT) { /* somebody outside the job holds the pipe */
        CancelSynchronousIo(reader);
        WaitForSingleObject(reader, INFINITE);
    }
    CloseHandle(reader);
    CloseHandle(process.out);
    CloseHandle(process.process);
    DeleteCriticalSection(&hearing.turn);
    return ending;
}
