#include "command.h"

#include <unistd.h>

bool command_read(char *line, size_t size)
{
    size_t length = 0;
    char c;

    while (read(STDIN_FILENO, &c, 1) == 1) {
        if (c == '\n') {
            line[length] = '\0';
            return true;
        }
        if (length + 1 < size)
            line[length++] = c;
    }
    return false;
}
