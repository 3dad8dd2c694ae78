/* python.exe for the installer's tests: there is no Windows Python here. It speaks what the real program speaks to the
   service host and the installer, and misbehaves on demand: by files in the state folder.

     crash.now     ends with code 7, once         hang.now      gives no sign of life any more, once
     deaf.now      does not end when it is asked  sick-VERSION  that version ends with code 3 before it is ready
     slow-VERSION  that version is never ready    broken-VERSION  `--version` fails
     again.now     ends with 0, once              waiting.now   records wait for a cloud
     beside.now    an errand of SYSTEM's goes on until that is gone                                                 */
#include <windows.h>

#include <direct.h>
#include <io.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char state[MAX_PATH], config[MAX_PATH], version[64], home[MAX_PATH];
static volatile bool asked;

static const char *in_state(const char *name) {
    static char path[MAX_PATH * 2];
    snprintf(path, sizeof path, "%s\\%s", state, name);
    return path;
}

static bool there(const char *name) {
    return _access(in_state(name), 0) == 0;
}

static bool once(const char *name) {
    return there(name) && remove(in_state(name)) == 0;
}

static bool of_this_version(const char *word) {
    char name[128];
    snprintf(name, sizeof name, "%s-%s", word, version);
    return there(name);
}

static void append(const char *name, const char *line) {
    FILE *file = fopen(in_state(name), "a");
    if (file == NULL) return;
    fprintf(file, "%s %s\n", version, line);
    fclose(file);
}

static DWORD WINAPI listen_to(void *unused) {
    char bytes[16];
    (void)unused;
    while (_read(0, bytes, sizeof bytes) > 0) continue;
    asked = true;
    return 0;
}

static int serve(void) {
    const char *host = getenv("STILLOPEN_SERVICE_HOST");
    if (host == NULL || strcmp(host, "lines") != 0) return 9;
    append("lives.txt", "began");
    if (of_this_version("sick")) {
        fputs("the journal cannot be read\nnext: stillopen journal verify\n", stderr);
        return 3;
    }
    CreateThread(NULL, 0, listen_to, NULL, 0, NULL);
    while (of_this_version("slow")) Sleep(100);
    printf("Stillopen %s sells\n@READY=1\n@STATUS=Selling at http://localhost:8750/, version %s\n", version, version);
    fflush(stdout);
    append("journal.txt", "a sale");
    for (;;) {
        if (asked && !there("deaf.now")) break;
        if (once("crash.now")) return 7;
        if (once("again.now")) return 0;
        if (once("hang.now")) Sleep(INFINITE);
        printf("@WATCHDOG=1\n");
        fflush(stdout);
        Sleep(200);
    }
    printf("@STOPPING=1\n");
    fflush(stdout);
    append("lives.txt", "ended as asked");
    return 0;
}

static int host(const char *word) {
    char command[MAX_PATH * 2];
    STARTUPINFOA start = {.cb = sizeof start};
    PROCESS_INFORMATION made;
    DWORD code = 1;
    snprintf(command, sizeof command, "\"%s\\stillopen-service.exe\" %s", home, word);
    if (!CreateProcessA(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &made)) return 1;
    WaitForSingleObject(made.hProcess, INFINITE);
    GetExitCodeProcess(made.hProcess, &code);
    return (int)code;
}

static int install(void) {
    const char page[] = "http://localhost:8750/";
    _mkdir(state);
    if (_access(config, 0) != 0) {
        FILE *file = fopen(config, "w");
        if (file) fputs("# first\n", file), fclose(file);
    }
    RegSetKeyValueA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Stillopen", "Page", REG_SZ, page, sizeof page);
    return host("install") || host("start");
}

static int removable(const char *export) {
    if (!there("waiting.now") || there("written-out.txt")) return 0;
    if (export) {
        append("written-out.txt", export);
        return 0;
    }
    fputs("records wait that no cloud has yet: 3 for books\n", stderr);
    return 1;
}

static int take(const char *from) {
    char text[4096] = "";
    FILE *file = fopen(from, "r");
    if (file == NULL || fread(text, 1, sizeof text - 1, file) == 0 || strstr(text, "wrong")) {
        fputs("the configuration cannot be used\n", stderr);
        return 2;
    }
    fclose(file);
    file = fopen(config, "w");
    if (file == NULL) return 1;
    fputs(text, file);
    fclose(file);
    return 0;
}

/* What the task has it do as SYSTEM; each leaves a line. */
static int errand(const char *what, const char *asked) {
    char line[256], path[MAX_PATH * 2];
    FILE *file;
    snprintf(line, sizeof line, "%s%s%s", what, asked ? " " : "", asked ? asked : "");
    append("errands.txt", line);
    puts(line);
    while (there("beside.now")) Sleep(100);
    snprintf(path, sizeof path, "%s\\update\\under-way.json", home);
    if (strcmp(what, "recover") == 0) remove(path);
    if (strcmp(what, "follow") == 0 && (file = fopen(config, "r")) != NULL) {
        char text[4096] = "";
        fread(text, 1, sizeof text - 1, file);
        fclose(file);
        char page[64], *port = strstr(text, "port = ");
        snprintf(page, sizeof page, "http://localhost:%d/", port ? atoi(port + 7) : 8750);
        RegSetKeyValueA(HKEY_LOCAL_MACHINE, "SOFTWARE\\Stillopen", "Page", REG_SZ, page, (DWORD)strlen(page) + 1);
        return strstr(text, "wrong") ? 2 : strstr(text, "not now") ? 1 : 0;
    }
    return 0;
}

/* Where the program is: HOME\VERSION\stillopen.py, as it stands in the command line. */
static void place(const char *program) {
    char path[MAX_PATH];
    snprintf(path, sizeof path, "%s", program);
    *strrchr(path, '\\') = 0;
    snprintf(version, sizeof version, "%s", strrchr(path, '\\') + 1);
    *strrchr(path, '\\') = 0;
    snprintf(home, sizeof home, "%s", path);
    const char *data = getenv("ProgramData"); /* a service under wine has none, and is given both */
    snprintf(config, sizeof config, "%s\\Stillopen\\stillopen.toml", data ? data : "");
    snprintf(state, sizeof state, "%s\\Stillopen\\state", data ? data : "");
}

int main(int count, char **words) {
    int at = 1;
    while (at < count && strstr(words[at], "stillopen.py") == NULL) at++;
    if (at == count) return 8;
    place(words[at++]);
    for (; at + 1 < count && strncmp(words[at], "--", 2) == 0 && strcmp(words[at], "--version") != 0; at += 2)
        snprintf(strcmp(words[at], "--state") == 0 ? state : config, MAX_PATH, "%s", words[at + 1]);
    const char *first = at < count ? words[at] : "", *second = at + 1 < count ? words[at + 1] : "";
    const char *third = at + 2 < count ? words[at + 2] : NULL, *fourth = at + 3 < count ? words[at + 3] : NULL;
    if (strcmp(first, "--version") == 0) {
        char *new = strstr(version, ".new"); /* the folder's name while it is looked at */
        if (new) *new = 0;
        printf("stillopen %s\n", version);
        return of_this_version("broken") ? 1 : 0;
    }
    if (strcmp(first, "run") == 0) return serve();
    if (strcmp(first, "config") == 0 && third) return take(third);
    if (strcmp(first, "service") == 0 && strcmp(second, "install") == 0) return install();
    if (strcmp(first, "service") == 0 && strcmp(second, "follow") == 0) return errand(second, NULL);
    if (strcmp(first, "update") == 0 && strcmp(second, "recover") == 0) return errand(second, NULL);
    if (strcmp(first, "update") == 0 && strcmp(second, "work") == 0) return errand(second, fourth);
    if (strcmp(first, "service") == 0 && strcmp(second, "removable") == 0) return removable(NULL);
    if (strcmp(first, "service") == 0 && strcmp(second, "uninstall") == 0)
        return removable(third && strcmp(third, "--export") == 0 ? fourth : NULL) || host("uninstall");
    if (strcmp(first, "echo") == 0) { /* what the command line hands on */
        for (int word = at + 1; word < count; word++) printf("[%s]", words[word]);
        puts("");
        return 42;
    }
    return 2;
}
