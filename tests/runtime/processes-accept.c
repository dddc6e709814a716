/* --processes N with a listener that `initial` has opened: a plain accept() waits in each of them.
 */
#include "peers.h"

static int listener;

struct frame {
    struct flux_flow base;
};

static enum flux_next run_Accept(struct flux_flow *base)
{
    if (base->at != 0)
        return FLUX_ENDED;
    flux_log(FLUX_INFO, "begins");
    int fd = accept(listener, NULL, NULL);
    int error = errno;
    if (fd < 0) {
        if (!flux_stopping())
            flux_log(FLUX_INFO, "refused: %s", flux_strerror(error));
        return flux_source_fail(base, NULL, error, false);
    }
    flux_log(FLUX_INFO, "accepted");
    close(fd);
    return flux_source_done(base, 1);
}

static int initial(void)
{
    struct child child;
    struct sockaddr_in address;

    listener = listener_new(&address);
    if (test_scenario() != NULL) {
        flux_log(FLUX_INFO, "port=%d.", ntohs(address.sin_port));
        return 0;
    }
    child_start(&child, "accepts", ARGUMENTS((char *)"--processes=2"));
    child_await(&child, "begins", 2);
    address.sin_port = htons((in_port_t)atoi(strstr(child.text, "port=") + 5));
    for (unsigned i = 1; i <= 20; i++) {
        close(connection_new(&address));
        child_await(&child, "accepted", i);
    }
    kill(child.pid, SIGTERM);
    int status = child_end(&child);
    CHECK_CHILD(&child, ended_with(status, 0));
    CHECK_CHILD(&child, child_count(&child, "refused") == 0);
    child_free(&child);
    _exit(0);
}

static const struct flux_source sources[] = {{SOURCE(Accept, frame)}};
const struct flux_program flux_program = {TEST_PROGRAM("processes-accept"), .sources = sources,
                                          .source_count = 1, .initial = initial};
