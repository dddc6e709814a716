#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Starts it with signals as programs expect them: none blocked, those that fluxc ignores not. */
static int start(const strings *words, int output, pid_t *child)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGXFSZ);

    int error = posix_spawnattr_init(&attributes);
    if (error != 0)
        return error;
    if ((error = posix_spawn_file_actions_init(&actions)) != 0)
        goto no_actions;
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (output >= 0)
        error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (error == 0)
        error =
            posix_spawnp(child, words->at[0], &actions, &attributes, (char **)words->at, environ);
    posix_spawn_file_actions_destroy(&actions);
no_actions:
    posix_spawnattr_destroy(&attributes);
    return error;
}

static char *read_output(struct arena *arena, int fd)
{
    VECTOR(char) text = {0};
    char bytes[1024];
    ssize_t got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0 || (got < 0 && errno == EINTR))
        for (ssize_t i = 0; i < got; i++)
            vector_push(arena, &text, bytes[i]);
    vector_push(arena, &text, '\0');
    return text.at;
}

/* Waits with the signals of `waited` blocked; *asked gets the one that asked fluxc to end. */
static int wait_for(pid_t child, const sigset_t *waited, int *asked)
{
    int status;
    for (;;) {
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child)
            break;
        if (ended < 0 && errno != EINTR)
            return -1;
        int signal_number = sigwaitinfo(waited, NULL);
        if (signal_number > 0 && signal_number != SIGCHLD) {
            *asked = signal_number;
            kill(child, signal_number);
        }
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int command_run(struct arena *arena, const strings *words, char **output)
{
    strings terminated = *words;
    vector_push(arena, &terminated, NULL);

    int ends[2] = {-1, -1}, asked = 0, result = -1;
    if (output != NULL && pipe2(ends, O_CLOEXEC) != 0)
        return -1;

    sigset_t waited, before;
    sigemptyset(&waited);
    sigaddset(&waited, SIGCHLD);
    sigaddset(&waited, SIGINT);
    sigaddset(&waited, SIGTERM);
    sigaddset(&waited, SIGHUP);
    signal(SIGCHLD, SIG_DFL); /* where it was ignored, there would be nothing to wait for */
    sigprocmask(SIG_BLOCK, &waited, &before);

    pid_t child;
    fflush(NULL);
    int error = start(&terminated, ends[1], &child);
    if (ends[1] >= 0)
        close(ends[1]);
    if (error == 0) {
        if (output != NULL)
            *output = read_output(arena, ends[0]);
        result = wait_for(child, &waited, &asked);
        error = errno;
    }
    if (ends[0] >= 0)
        close(ends[0]);
    if (asked != 0)
        raise(asked); /* taken when it is unblocked */
    sigprocmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return result;
}

void command_print(const strings *words, FILE *out)
{
    for (unsigned i = 0; i < words->count; i++) {
        const char *word = words->at[i];
        bool plain = *word != '\0' && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU"
                                                   "VWXYZ0123456789-_=+./,:@%") == strlen(word);
        fputs(i > 0 ? " " : "", out);
        if (plain) {
            fputs(word, out);
            continue;
        }
        fputc('\'', out);
        for (; *word != '\0'; word++)
            fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, out);
        fputc('\'', out);
    }
    fputc('\n', out);
}

void command_split(struct arena *arena, const char *text, strings *words)
{
    while (*(text += strspn(text, " \t\n")) != '\0') {
        size_t length = strcspn(text, " \t\n");
        const char *word = arena_printf(arena, "%.*s", (int)length, text);
        vector_push(arena, words, word);
        text += length;
    }
}
