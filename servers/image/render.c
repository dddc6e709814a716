/* render.c - from a file of pixels to a JPEG. Both nodes are `blocking`: they keep a disk and a CPU
 * busy. */
#include "image_flux.h"

#include "flux.h"
#include "ppm.h"
#include "scale.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <turbojpeg.h>
#include <unistd.h>

#define MOST_SIDE 65500  /* what a JPEG can be (JPEG_MAX_DIMENSION) */
#define READ_SIZE 131072 /* of the file at a time, at least */

/* Pixels of a file, read in order. */
struct source_file {
    int fd;
    struct ppm ppm;
    char begin[PPM_HEADER_MOST]; /* of the file: the header, and some pixels */
    size_t begin_length;
    size_t taken; /* of begin */
};

/* Reads until `length` bytes are there or the file ends; *got says which. */
static int read_fully(int fd, void *to, size_t length, size_t *got)
{
    *got = 0;
    while (*got < length) {
        ssize_t n = read(fd, (char *)to + *got, length - *got);
        if (n == 0)
            return 0;
        if (n > 0)
            *got += (size_t)n;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

/* Refuses whatever is not a picture of the permitted size, before anything is allocated for it.
 * Files that change while they are read may look odd, but do no harm. */
static int check_file(struct source_file *file)
{
    struct stat status;
    if (fstat(file->fd, &status) != 0)
        return errno;
    if (!S_ISREG(status.st_mode))
        return ENOENT;
    int error = read_fully(file->fd, file->begin, sizeof file->begin, &file->begin_length);
    if (error != 0)
        return error;
    /* A broken picture is the server's fault, not the client's. */
    if (ppm_parse(&file->ppm, file->begin, file->begin_length) != 0)
        return EIO;
    file->taken = file->ppm.header;

    uint64_t pixels = (uint64_t)file->ppm.width * file->ppm.height;
    if (file->ppm.width > MOST_SIDE || file->ppm.height > MOST_SIDE ||
        pixels > settings.max_pixels || pixels > (SIZE_MAX - sizeof(picture)) / 3)
        return EFBIG;
    /* The header must not promise more than there is, nor the file be much more than it promises.
     */
    uint64_t promised = ppm_bytes(&file->ppm) + file->ppm.header;
    uint64_t size = (uint64_t)status.st_size;
    if (size < promised)
        return EIO;
    return size - promised > settings.max_pixels * 3 ? EFBIG : 0;
}

static int open_file(struct source_file *file, const char *name)
{
    /* O_NONBLOCK: opening a FIFO would wait for a writer. */
    file->fd =
        openat(settings.root_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file->fd < 0)
        return errno == ENXIO ? ENOENT : errno;
    int error = check_file(file);
    if (error != 0)
        close(file->fd);
    return error;
}

/* Exactly `length` bytes of pixels; EIO where the file has become shorter. */
static int read_pixels(struct source_file *file, unsigned char *to, size_t length)
{
    size_t ready = file->begin_length - file->taken, got;
    if (ready > length)
        ready = length;
    memcpy(to, file->begin + file->taken, ready);
    file->taken += ready;
    int error = read_fully(file->fd, to + ready, length - ready, &got);
    if (error != 0)
        return error;
    return got == length - ready ? 0 : EIO;
}

/* Samples up to a maximum below 255 are spread over the whole range. */
static void brighten(unsigned char *samples, size_t count, uint32_t maximum)
{
    if (maximum == 255)
        return;
    for (size_t i = 0; i < count; i++) {
        uint32_t sample = samples[i] < maximum ? samples[i] : maximum;
        samples[i] = (unsigned char)((sample * 255 + maximum / 2) / maximum);
    }
}

static int read_scaled(struct source_file *file, picture *rgb)
{
    size_t row = (size_t)file->ppm.width * 3;
    size_t rows = row < READ_SIZE ? READ_SIZE / row : 1; /* at a time */
    struct scale *scale =
        scale_new(file->ppm.width, file->ppm.height, rgb->width, rgb->height, rgb->pixels);
    unsigned char *buffer = malloc(rows * row);
    int error = scale == NULL || buffer == NULL ? ENOMEM : 0;
    for (size_t left = file->ppm.height; left > 0 && error == 0; left -= rows) {
        if (rows > left)
            rows = left;
        error = read_pixels(file, buffer, rows * row);
        if (error != 0)
            break;
        brighten(buffer, rows * row, file->ppm.maximum);
        for (size_t i = 0; i < rows; i++)
            scale_row(scale, buffer + i * row);
    }
    free(buffer);
    scale_free(scale);
    return error;
}

static int read_whole(struct source_file *file, picture *rgb)
{
    size_t length = (size_t)rgb->width * rgb->height * 3;
    int error = read_pixels(file, rgb->pixels, length);
    if (error == 0)
        brighten(rgb->pixels, length, file->ppm.maximum);
    return error;
}

int ReadInFromDisk(ReadInFromDisk_in *in, ReadInFromDisk_out *out)
{
    const image_tag *request = in->peer->request;
    struct source_file file;
    PASS_ON(in, out);
    int error = open_file(&file, request->file);
    if (error != 0)
        return error;

    /* Rounded up, so that nothing becomes narrower than a pixel. */
    unsigned width = (file.ppm.width * request->size + 7) / 8;
    unsigned height = (file.ppm.height * request->size + 7) / 8;
    picture *rgb = malloc(sizeof *rgb + (size_t)width * height * 3);
    if (rgb == NULL) {
        error = ENOMEM;
    } else {
        rgb->width = width;
        rgb->height = height;
        error = request->size == 8 ? read_whole(&file, rgb) : read_scaled(&file, rgb);
    }
    close(file.fd);
    if (error != 0) {
        free(rgb);
        return error;
    }
    out->rgb = rgb;
    return 0;
}

/* The library's buffer has grown by doubling and is its own; what is kept is exactly as large as
 * the image. */
static int keep_jpeg(image_tag *request, const unsigned char *jpeg, size_t size)
{
    request->jpeg = malloc(size);
    if (request->jpeg == NULL)
        return ENOMEM;
    memcpy(request->jpeg, jpeg, size);
    request->jpeg_size = size;
    return 0;
}

int Compress(Compress_in *in, Compress_out *out)
{
    picture *rgb = in->rgb;
    unsigned char *jpeg = NULL;
    unsigned long size = 0;
    PASS_ON(in, out);
    int error = ENOMEM;
    tjhandle compressor = tjInitCompress();
    if (compressor == NULL)
        goto out;
    if (tjCompress2(compressor, rgb->pixels, (int)rgb->width, 0, (int)rgb->height, TJPF_RGB, &jpeg,
                    &size, TJSAMP_420, (int)settings.quality, 0) == 0) {
        error = keep_jpeg(in->peer->request, jpeg, size);
    } else {
        flux_log(FLUX_WARNING, "%s: %s", in->peer->request->file, tjGetErrorStr2(compressor));
        error = EIO;
    }
    tjFree(jpeg);
    tjDestroy(compressor);
out:
    free(rgb);
    return error;
}
