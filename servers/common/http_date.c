#include "http_date.h"

static const char short_days[] = "Sun\0Mon\0Tue\0Wed\0Thu\0Fri\0Sat";
static const char long_days[] = "Sunday\0Monday\0Tuesday\0Wednesday\0Thursday\0Friday\0Saturday";
static const char months[] = "Jan\0Feb\0Mar\0Apr\0May\0Jun\0Jul\0Aug\0Sep\0Oct\0Nov\0Dec";

struct date {
    int64_t year;
    bool short_year;                           /* of which only the last two digits are known */
    unsigned month, day, hour, minute, second; /* months and days from 1 on */
};

/* ---- the pieces of a date -------------------------------------------------------------------- */

/* One of `count` words, each of which ends with a NUL: *which, from 0 on. */
static bool take_word(struct http_text *rest, const char *words, unsigned count, unsigned *which)
{
    for (*which = 0; *which < count; ++*which) {
        size_t length = strlen(words);
        if (rest->length >= length && memcmp(rest->at, words, length) == 0) {
            rest->at += length;
            rest->length -= length;
            return true;
        }
        words += length + 1;
    }
    return false;
}

static bool take_number(struct http_text *rest, size_t digits, unsigned *number)
{
    *number = 0;
    if (rest->length < digits)
        return false;
    for (size_t i = 0; i < digits; i++) {
        if (rest->at[i] < '0' || rest->at[i] > '9')
            return false;
        *number = *number * 10 + (unsigned)(rest->at[i] - '0');
    }
    rest->at += digits;
    rest->length -= digits;
    return true;
}

static bool take_char(struct http_text *rest, char c)
{
    if (rest->length == 0 || *rest->at != c)
        return false;
    rest->at++;
    rest->length--;
    return true;
}

/* asctime has a blank in the place of a first digit that is 0. */
static bool take_padded(struct http_text *rest, unsigned *number)
{
    return take_number(rest, take_char(rest, ' ') ? 1 : 2, number);
}

/* Reads a date in one of the forms. In a form, a stands for the short name of a day and A for the
 * long one, d and e for a day of two characters (e: padded with a blank), b for a month, Y and y
 * for a year of four digits and of two, t for a time; all else for itself. */
static bool take_form(struct http_text rest, const char *form, struct date *date)
{
    unsigned number;
    bool fits = true;
    *date = (struct date){0};
    for (; fits && *form != '\0'; form++) {
        switch (*form) {
        case 'a':
            fits = take_word(&rest, short_days, 7, &number);
            break;
        case 'A':
            fits = take_word(&rest, long_days, 7, &number);
            break;
        case 'd':
            fits = take_number(&rest, 2, &date->day);
            break;
        case 'e':
            fits = take_padded(&rest, &date->day);
            break;
        case 'b':
            fits = take_word(&rest, months, 12, &date->month);
            date->month++;
            break;
        case 'Y':
            fits = take_number(&rest, 4, &number);
            date->year = number;
            break;
        case 'y':
            fits = take_number(&rest, 2, &number);
            date->year = number;
            date->short_year = true;
            break;
        case 't':
            fits = take_number(&rest, 2, &date->hour) && take_char(&rest, ':') &&
                   take_number(&rest, 2, &date->minute) && take_char(&rest, ':') &&
                   take_number(&rest, 2, &date->second);
            break;
        default:
            fits = take_char(&rest, *form);
        }
    }
    return fits && rest.length == 0;
}

/* ---- what it means --------------------------------------------------------------------------- */

static bool is_leap_year(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* A minute has 61 seconds where a leap second is put in. */
static bool is_date(const struct date *date)
{
    static const unsigned lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned length = lengths[date->month - 1] + (date->month == 2 && is_leap_year(date->year));
    return date->day >= 1 && date->day <= length && date->hour < 24 && date->minute < 60 &&
           date->second <= 60;
}

/* Seconds of the epoch. Years begin in March, so that the day of a leap year is their last one (H.
 * Hinnant: chrono-Compatible Low-Level Date Algorithms, days_from_civil). */
static int64_t seconds_of(const struct date *date, int64_t in_year)
{
    const int64_t month = date->month, year = month > 2 ? in_year : in_year - 1;
    const int64_t era = (year >= 0 ? year : year - 399) / 400, year_of_era = year - era * 400;
    const int64_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + date->day - 1;
    const int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    const int64_t days = era * 146097 + day_of_era - 719468;
    return days * 86400 + date->hour * 3600 + date->minute * 60 + date->second;
}

/* What would be more than 50 years ahead is the latest year with these digits that is over. */
static void complete_year(struct date *date, int64_t now)
{
    const int64_t mean_year = 31556952; /* seconds: in its first hours a year may not count yet */
    const int64_t latest = 1970 + now / mean_year + 51;
    date->year = latest - (latest - date->year) % 100;
    if (seconds_of(date, date->year - 50) > now)
        date->year -= 100;
}

bool http_date_parse(struct http_text text, int64_t now, int64_t *seconds)
{
    static const char *const forms[] = {"a, d b Y t GMT", "A, d-b-y t GMT", "a b e t Y"};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct date date;
        if (!take_form(text, forms[i], &date))
            continue;
        if (date.short_year)
            complete_year(&date, now);
        if (!is_date(&date))
            return false;
        *seconds = seconds_of(&date, date.year);
        return true;
    }
    return false;
}
