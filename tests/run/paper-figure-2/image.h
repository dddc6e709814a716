/* image.h - the types of the paper's image server, with numbers instead of images. */
#ifndef IMAGE_H
#define IMAGE_H

#include <linux/types.h>
#include <stdbool.h>

typedef struct image_tag {
    int number;
    bool cached; /* found in the cache */
    __u8 rgb[4];
    char jpeg[32];
} image_tag;

#endif
