/* log.c - lines on standard error.
 *
 *      2026-05-01T12:00:00.123Z image[4711] warning flow 17: disk is slow
 *
 * A line is one write(2), so lines of threads and processes never mix. It goes to the kernel by
 * syscall(): a runtime may define write() itself, to make a flow wait, and a flow must not wait in
 * the middle of the runtime's own affairs.
 */
#include "core.h"

#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 1024

/* Peers choose parts of many messages: none of them shall end the line or steer a terminal. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 127)
            *text = '?';
    }
}

static void write_line(const char *line, size_t size)
{
    while (size > 0) {
        long written = syscall(SYS_write, STDERR_FILENO, line, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* nowhere left to complain */
        line += written;
        size -= (size_t)written;
    }
}

static size_t print_head(char *line, size_t size, enum flux_level level)
{
    static const char *const names[] = {"error", "warning", "info", "debug"};
    struct timespec now;
    struct tm tm;
    uint64_t flow = flux_flow_id();
    char time[sizeof "2026-05-01T12:00:00"], who[32] = "";

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    strftime(time, sizeof time, "%Y-%m-%dT%H:%M:%S", &tm);
    if (flow != 0)
        snprintf(who, sizeof who, " flow %llu", (unsigned long long)flow);
    int length = snprintf(line, size, "%s.%03ldZ %.64s[%ld] %s%s: ", time, now.tv_nsec / 1000000,
                          flux_program.name, (long)getpid(), names[level], who);
    return (size_t)length;
}

static void log_line(enum flux_level level, const char *format, va_list arguments, uint64_t dropped)
{
    char line[LINE_SIZE];
    int saved = errno;
    size_t head = print_head(line, sizeof line, level), room = sizeof line - head - 32;

    int length = vsnprintf(line + head, room, format, arguments);
    size_t at = head + (length < 0 ? 0 : (size_t)length < room ? (size_t)length : room - 1);
    if (length >= 0 && (size_t)length >= room)
        memcpy(line + at - 3, "...", 3);
    make_printable(line + head);
    if (dropped != 0)
        at += (size_t)snprintf(line + at, sizeof line - at, " [%llu more]",
                               (unsigned long long)dropped);
    line[at++] = '\n';
    write_line(line, at);
    errno = saved;
}

void flux_log(enum flux_level level, const char *format, ...)
{
    if (level > fluxi_settings.level)
        return;
    va_list arguments;
    va_start(arguments, format);
    log_line(level, format, arguments, 0);
    va_end(arguments);
}

void fluxi_log_limited(struct fluxi_log_limit *where, enum flux_level level, const char *format,
                       ...)
{
    if (level > fluxi_settings.level)
        return;
    unsigned long long last = atomic_load(&where->last), now = flux_now();
    if ((last != 0 && now - last < 1000000000) ||
        !atomic_compare_exchange_strong(&where->last, &last, now)) {
        atomic_fetch_add(&where->dropped, 1);
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    log_line(level, format, arguments, atomic_exchange(&where->dropped, 0));
    va_end(arguments);
}

const char *flux_strerror(int error)
{
    static _Thread_local char text[64];
    if (error == FLUX_ENOMATCH)
        return "no arm matches";
    if (error == FLUX_STOP)
        return "the source is finished";
    if (error > 0 && strerrordesc_np(error) != NULL)
        return strerrordesc_np(error);
    snprintf(text, sizeof text, "error %d", error);
    return text;
}
