#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes and the NUL behind them. */
static bool reserve(struct text *text, size_t more)
{
    if (text->failed != 0)
        return false;
    if (more < text->capacity - text->size)
        return true;
    size_t capacity = text->capacity == 0 ? 1024 : text->capacity;
    if (more >= SIZE_MAX / 2 - text->size)
        goto no_memory;
    while (capacity - text->size <= more)
        capacity *= 2;
    char *bigger = realloc(text->at, capacity);
    if (bigger == NULL)
        goto no_memory;
    text->at = bigger;
    text->capacity = capacity;
    return true;

no_memory:
    text->failed = ENOMEM;
    return false;
}

static void count_lines(struct text *text, size_t from)
{
    const char *end = text->at + text->size;
    for (const char *at = text->at + from; (at = memchr(at, '\n', (size_t)(end - at))) != NULL;
         at++)
        text->lines++;
}

void text_print(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    /* Most lines of an emitter are short: one pass does. */
    if (reserve(text, 160)) {
        va_list again;
        va_copy(again, arguments);
        size_t room = text->capacity - text->size;
        int length = vsnprintf(text->at + text->size, room, format, arguments);
        if (length < 0) {
            text->failed = errno;
        } else if ((size_t)length >= room) {
            text->at[text->size] = '\0';
            if (reserve(text, (size_t)length))
                vsnprintf(text->at + text->size, (size_t)length + 1, format, again);
        }
        va_end(again);
        if (text->failed == 0) {
            size_t from = text->size;
            text->size += (size_t)length;
            count_lines(text, from);
        } else {
            text->at[text->size] = '\0';
        }
    }
    va_end(arguments);
}

void text_write(struct text *text, const char *bytes, size_t size)
{
    if (size == 0 || !reserve(text, size))
        return;
    size_t from = text->size;
    memcpy(text->at + from, bytes, size);
    text->size += size;
    text->at[text->size] = '\0';
    count_lines(text, from);
}

void text_free(struct text *text)
{
    free(text->at);
    *text = (struct text){0};
}
