/* capture.c - what a function writes, by way of a file. */
#include "capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char text[65536];

const char *capture(void (*function)(void))
{
    FILE *file = tmpfile();
    fflush(NULL);
    int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
    if (file == NULL || out < 0 || err < 0)
        abort();
    dup2(fileno(file), STDOUT_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    function();
    fflush(NULL);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}
