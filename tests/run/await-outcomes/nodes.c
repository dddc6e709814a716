#include "await-outcomes_flux.h"

#include "flux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Fills what takes data until it takes no more. */
static void fill(int fd)
{
    static const char block[4096];

    while (send(fd, block, sizeof block, MSG_DONTWAIT) > 0)
        continue;
}

int Cases(Cases_out *out)
{
    static int number;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    *out = (Cases_out){.fd = ends[0], .limit = -1};
    switch (number++) {
    case 0:
        out->name = "data";
        return write(ends[1], "12345", 5) == 5 ? 0 : errno;
    case 1:
        out->name = "hang-up";
        close(ends[1]);
        return 0;
    case 2:
        out->name = "file";
        out->fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        return 0;
    case 3:
        out->name = "silence";
        out->limit = 10;
        return 0;
    case 4:
        out->name = "no time";
        out->limit = 0;
        return 0;
    case 5:
        out->name = "not open";
        out->fd = 9999;
        return 0;
    case 6:
        out->name = "no descriptor";
        out->fd = -1;
        return 0;
    case 7:
        out->name = "> room";
        return 0;
    case 8:
        out->name = "> no room";
        fill(ends[0]);
        return 0;
    default:
        return FLUX_STOP;
    }
}

bool IsOutgoing(const char *name)
{
    return name[0] == '>';
}

int Read(Read_in *in, Read_out *out)
{
    char data[16];
    ssize_t size = read(in->fd, data, sizeof data);

    if (size < 0)
        return errno;
    *out = (Read_out){in->name, (int)size};
    return 0;
}

int Write(Write_in *in, Write_out *out)
{
    ssize_t size = send(in->fd, "x", 1, MSG_DONTWAIT);

    if (size < 0)
        return errno;
    *out = (Write_out){in->name, (int)size};
    return 0;
}

int Print(Print_in *in)
{
    printf("%s: %d\n", in->name, in->size);
    return 0;
}

int Report(Report_in *in)
{
    printf("%s: %s\n", in->name,
           in->error == ETIMEDOUT ? "ETIMEDOUT"
           : in->error == EBADF   ? "EBADF"
                                  : strerror(in->error));
    return 0;
}
