#include "secure.h"

#include "plan.h"
#include "tls_session.h"

#include <errno.h>

static SSL_CTX *context;

int secure_start(void)
{
    int error = tls_session_start();
    if (error != 0)
        return error;
    context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return ENOMEM;
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    tls_session_prepare(context);
    return 0;
}

void secure_stop(void)
{
    SSL_CTX_free(context);
    tls_session_end();
}

int secure_begin(struct stream *stream)
{
    return tls_session_ask(stream, context, plan.host);
}
