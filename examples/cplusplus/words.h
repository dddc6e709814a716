/* words.h - a type that C only sees from outside. */
#ifndef WORDS_H
#define WORDS_H

struct words;

#endif
