#include "load.h"

#include "spare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct spare blocks = {.size = sizeof(struct load) + LOAD_BLOCK};
static struct spare pipes = {.size = sizeof(struct load)};
static atomic_int pipes_left;

void loads_start(unsigned pipes_most)
{
    atomic_store(&pipes_left, (int)pipes_most);
}

static void pipe_close(struct load *load)
{
    close(load->pipe[0]);
    close(load->pipe[1]);
    free(load);
    atomic_fetch_add(&pipes_left, 1);
}

void loads_end(void)
{
    for (struct load *load; (load = spare_drain(&pipes)) != NULL;)
        pipe_close(load);
    spare_clear(&blocks);
}

/* NULL: there are enough of them, or no memory, or no descriptors. */
static struct load *pipe_open(void)
{
    if (atomic_fetch_sub(&pipes_left, 1) <= 0) {
        atomic_fetch_add(&pipes_left, 1);
        return NULL;
    }
    struct load *load = malloc(sizeof *load);
    if (load == NULL || pipe2(load->pipe, O_CLOEXEC | O_NONBLOCK) != 0) {
        free(load);
        atomic_fetch_add(&pipes_left, 1);
        return NULL;
    }
    fcntl(load->pipe[1], F_SETPIPE_SZ, (int)LOAD_PIPE); /* where that is too much, it stays small */
    return load;
}

static struct load *load_take(bool by_pipe)
{
    struct load *load = NULL;
    if (by_pipe && (load = spare_find(&pipes)) == NULL)
        load = pipe_open();
    if (load == NULL) {
        load = spare_take(&blocks);
        if (load == NULL)
            return NULL;
        load->pipe[0] = load->pipe[1] = -1;
    }
    load->begin = load->end = 0;
    return load;
}

void load_drop(struct load **at)
{
    struct load *load = *at;
    *at = NULL;
    if (load == NULL)
        return;
    if (load->pipe[0] < 0)
        spare_give(&blocks, load);
    else if (load->begin < load->end ||
             !spare_keep(&pipes, load)) /* a pipe that is kept is empty */
        pipe_close(load);
}

int load_receive(struct load **at, int from, bool by_pipe, size_t *got, bool *ended)
{
    ssize_t count;
    *got = 0;
    *ended = false;
    struct load *load = *at = load_take(by_pipe);
    if (load == NULL)
        return ENOMEM;
    do
        count = load->pipe[0] < 0 ? recv(from, load->bytes, LOAD_BLOCK, MSG_DONTWAIT)
                                  : splice(from, NULL, load->pipe[1], NULL, LOAD_PIPE,
                                           SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    while (count < 0 && errno == EINTR);
    int error = count >= 0 || errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno;
    if (count > 0) {
        load->end = *got = (size_t)count;
        return 0;
    }
    *ended = count == 0;
    load_drop(at);
    return error;
}

int load_send(struct load **at, int to)
{
    struct load *load = *at;
    while (load->begin < load->end) {
        size_t left = load->end - load->begin;
        ssize_t count =
            load->pipe[0] < 0
                ? send(to, load->bytes + load->begin, left, MSG_DONTWAIT | MSG_NOSIGNAL)
                : splice(load->pipe[0], NULL, to, NULL, left, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : errno;
        load->begin += (size_t)count;
    }
    load_drop(at);
    return 0;
}
