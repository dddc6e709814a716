#include "cookie.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

_Static_assert(COOKIE_SIZE <= 32, "a cookie is the beginning of a SHA-256");

int cookie_key_draw(struct cookie_key *key)
{
    ssize_t got = getrandom(key->bytes, sizeof key->bytes, 0);
    return got == (ssize_t)sizeof key->bytes ? 0 : got < 0 ? errno : EIO;
}

int cookie_make(const struct cookie_key *key, const struct endpoint *client, uint64_t nonce,
                uint32_t time, uint8_t cookie[COOKIE_SIZE])
{
    uint8_t text[ENDPOINT_KEY_SIZE + sizeof nonce + sizeof time], hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    endpoint_key(client, text);
    memcpy(text + ENDPOINT_KEY_SIZE, &nonce, sizeof nonce);
    memcpy(text + ENDPOINT_KEY_SIZE + sizeof nonce, &time, sizeof time);
    if (HMAC(EVP_sha256(), key->bytes, sizeof key->bytes, text, sizeof text, hash, &length) == NULL)
        return ENOMEM;
    memcpy(cookie, hash, COOKIE_SIZE);
    return 0;
}

bool cookie_is_good(const struct cookie_key *key, const struct endpoint *client, uint64_t nonce,
                    uint32_t time, uint32_t now, uint32_t patience,
                    const uint8_t cookie[COOKIE_SIZE])
{
    uint8_t right[COOKIE_SIZE];
    /* One from the future is as old as they come. */
    return now - time <= patience && cookie_make(key, client, nonce, time, right) == 0 &&
           CRYPTO_memcmp(cookie, right, COOKIE_SIZE) == 0;
}
