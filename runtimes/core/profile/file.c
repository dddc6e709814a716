/* file.c - when measuring began, and the file that --profile leaves at the end. */
#include "core.h"
#include "popularity.h"
#include "profile.h"
#include "watched.h"
#include "ways.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

const char *fluxi_profile_file;

static time_t began;
static uint64_t began_ns;
static double began_cpu;

static double cpu_now(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec * 1e-9;
}

time_t fluxi_profile_began(void)
{
    return began;
}

double fluxi_profile_seconds(void)
{
    return (double)(flux_now() - began_ns) * 1e-9;
}

/* To be freed; NULL: no memory. Of one of several processes: FILE.N. */
static char *file_name(void)
{
    char *name = NULL;
    if (fluxi_settings.processes == 0)
        return strdup(fluxi_profile_file);
    return asprintf(&name, "%s.%u", fluxi_profile_file, fluxi_process_index) >= 0 ? name : NULL;
}

static void tell(const char *name, int error)
{
    flux_log(FLUX_ERROR, "profile: %s cannot be written: %s",
             name != NULL ? name : fluxi_profile_file, flux_strerror(error));
}

bool fluxi_profile_start(void)
{
    if (fluxi_profile_file == NULL)
        return true;
    char *name = file_name();
    FILE *file = name != NULL ? fopen(name, "ae") : NULL;
    bool good = file != NULL && fclose(file) == 0;
    if (!good)
        tell(name, errno);
    free(name);
    return good;
}

double fluxi_profile_cpu_seconds(void)
{
    return cpu_now() - began_cpu;
}

int fluxi_profile_begin(void)
{
    began = time(NULL);
    began_ns = flux_now();
    if (!fluxi_profile_there())
        return 0;
    int error = fluxi_ways_start();
    if (error == 0)
        error = fluxi_watched_start();
    began_cpu = cpu_now();
    if (error == 0)
        error = fluxi_arrivals_start();
    return error != 0 ? error : fluxi_popular_start();
}

bool fluxi_profile_write(void)
{
    if (fluxi_profile_file == NULL)
        return true;
    char *name = file_name();
    FILE *file = name != NULL ? fopen(name, "we") : NULL;
    int error = file != NULL ? fluxi_profile_print(file) : errno;
    if (file != NULL && fclose(file) != 0 && error == 0)
        error = errno;
    if (error != 0)
        tell(name, error);
    free(name);
    return error == 0;
}

void fluxi_profile_free(void)
{
    if (!fluxi_profile_there())
        return;
    fluxi_ways_free();
    fluxi_watched_free();
    fluxi_arrivals_free();
    fluxi_popular_free();
}
