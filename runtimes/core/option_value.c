/* option_value.c - values of options: from text to variable, and back for --help. */
#include "core.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

struct unit {
    const char *suffix;
    uint64_t factor;
};

/* The first is what a bare number means. */
static const struct unit numbers[] = {{"", 1}, {NULL, 0}};
static const struct unit sizes[] = {
    {"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};
static const struct unit times[] = {{"", 1000000000},  {"ns", 1},
                                    {"us", 1000},      {"ms", 1000000},
                                    {"s", 1000000000}, {"min", UINT64_C(60000000000)},
                                    {NULL, 0}};

static const struct unit *units(enum flux_option_kind kind)
{
    return kind == FLUX_SIZE ? sizes : kind == FLUX_TIME ? times : numbers;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool add_digit(uint64_t *number, uint64_t digit)
{
    if (*number > (UINT64_MAX - digit) / 10)
        return false;
    *number = *number * 10 + digit;
    return true;
}

/* The part behind the decimal point, in units of 1/scale; digits beyond it do not count. */
static const char *read_fraction(const char *text, uint64_t factor, uint64_t *value)
{
    *value = 0;
    for (; is_digit(*text); text++) {
        factor /= 10;
        *value += (uint64_t)(*text - '0') * factor;
    }
    return text;
}

static const char *store_number(const struct flux_option *option, const char *text)
{
    static _Thread_local char complaint[80];
    uint64_t whole = 0, fraction = 0;
    const char *end = text, *point = NULL;

    for (; is_digit(*end); end++) {
        if (!add_digit(&whole, (uint64_t)(*end - '0')))
            return "the number is too large";
    }
    if (end != text && *end == '.' && option->kind == FLUX_TIME && is_digit(end[1])) {
        point = ++end;
        while (is_digit(*end))
            end++;
    }
    const struct unit *unit = units(option->kind);
    while (unit->suffix != NULL && strcasecmp(unit->suffix, end) != 0)
        unit++;
    if (end == text || unit->suffix == NULL)
        return option->kind == FLUX_SIZE   ? "not a size: a number, with K, M or G behind it if "
                                             "need be"
               : option->kind == FLUX_TIME ? "not a time: seconds, or a number with ms, s or min "
                                             "behind it"
                                           : "not a number";
    if (point != NULL)
        read_fraction(point, unit->factor, &fraction);
    if (whole > (UINT64_MAX - fraction) / unit->factor)
        return "the number is too large";

    uint64_t value = whole * unit->factor + fraction;
    bool small = value < option->minimum, large = option->maximum != 0 && value > option->maximum;
    if (small || large) {
        struct flux_option bound = *option;
        char shown[32];
        bound.value = small ? &bound.minimum : &bound.maximum;
        fluxi_option_show(&bound, shown, sizeof shown);
        snprintf(complaint, sizeof complaint, "must be at %s %s", small ? "least" : "most", shown);
        return complaint;
    }
    *(uint64_t *)option->value = value;
    return NULL;
}

/* A flag has a text only in the environment. */
static const char *store_flag(const struct flux_option *option, const char *text)
{
    static const char *const yes[] = {"1", "yes", "true", "on"}, *const no[] = {"", "0", "no",
                                                                                "false", "off"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (strcasecmp(text, yes[i]) == 0)
            return *(bool *)option->value = true, NULL;
    }
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) {
        if (strcasecmp(text, no[i]) == 0)
            return *(bool *)option->value = false, NULL;
    }
    return "neither yes nor no";
}

const char *fluxi_option_store(const struct flux_option *option, const char *text)
{
    switch (option->kind) {
    case FLUX_FLAG:
        return store_flag(option, text);
    case FLUX_NUMBER:
    case FLUX_SIZE:
    case FLUX_TIME:
        return store_number(option, text);
    case FLUX_STRING:
        *(const char **)option->value = text;
        return NULL;
    case FLUX_CALL: {
        int error = option->call(text);
        return error == 0 ? NULL : flux_strerror(error);
    }
    }
    return "an option of unknown kind";
}

/* In the largest unit that divides it, which is the last one: units are sorted, but for the first.
 */
static void show_number(const struct flux_option *option, char *buffer, size_t size)
{
    uint64_t value = *(const uint64_t *)option->value;
    const struct unit *unit = units(option->kind), *best = unit;
    for (; value != 0 && unit->suffix != NULL; unit++) {
        if (value % unit->factor == 0)
            best = unit;
    }
    snprintf(buffer, size, "%llu%s", (unsigned long long)(value / best->factor), best->suffix);
}

void fluxi_option_show(const struct flux_option *option, char *buffer, size_t size)
{
    buffer[0] = '\0';
    switch (option->kind) {
    case FLUX_NUMBER:
    case FLUX_SIZE:
    case FLUX_TIME:
        show_number(option, buffer, size);
        break;
    case FLUX_STRING:
        if (*(const char *const *)option->value != NULL)
            snprintf(buffer, size, "%s", *(const char *const *)option->value);
        break;
    case FLUX_FLAG:
    case FLUX_CALL:
        break;
    }
}
