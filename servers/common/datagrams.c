#include "datagrams.h"

#include "listen.h"

#include <errno.h>
#include <string.h>

void endpoint_key(const struct endpoint *endpoint, uint8_t key[ENDPOINT_KEY_SIZE])
{
    memset(key, 0, ENDPOINT_KEY_SIZE);
    key[0] = (uint8_t)endpoint->peer.any.sa_family;
    if (endpoint->peer.any.sa_family == AF_INET) {
        memcpy(key + 1, &endpoint->peer.in.sin_port, 2);
        memcpy(key + 3, &endpoint->peer.in.sin_addr, 4);
    } else {
        memcpy(key + 1, &endpoint->peer.in6.sin6_port, 2);
        memcpy(key + 3, &endpoint->peer.in6.sin6_addr, 16);
        memcpy(key + 19, &endpoint->peer.in6.sin6_scope_id, 4);
    }
}

bool endpoint_is(const struct endpoint *a, const struct endpoint *b)
{
    uint8_t one[ENDPOINT_KEY_SIZE], other[ENDPOINT_KEY_SIZE];
    endpoint_key(a, one);
    endpoint_key(b, other);
    return memcmp(one, other, ENDPOINT_KEY_SIZE) == 0;
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* The address that it was sent to. */
static void note_local(struct endpoint *endpoint, struct msghdr *header)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part != NULL;
         part = CMSG_NXTHDR(header, part)) {
        if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(part), sizeof info);
            memcpy(&endpoint->local, &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
            endpoint->has_local = true;
        } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(part), sizeof info);
            endpoint->local = info.ipi6_addr;
            if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
                endpoint->interface = info.ipi6_ifindex;
            endpoint->has_local = true;
        }
    }
}

int datagrams_receive(int socket, unsigned number, struct datagram *datagrams, unsigned most)
{
    struct mmsghdr headers[DATAGRAMS_BATCH];
    struct iovec parts[DATAGRAMS_BATCH];
    struct datagram_control control[DATAGRAMS_BATCH];
    if (most > DATAGRAMS_BATCH)
        most = DATAGRAMS_BATCH;
    for (unsigned i = 0; i < most; i++) {
        memset(&datagrams[i].from, 0, sizeof datagrams[i].from);
        parts[i] = (struct iovec){datagrams[i].data, DATAGRAM_SIZE};
        headers[i].msg_hdr = (struct msghdr){
            .msg_name = &datagrams[i].from.peer,
            .msg_namelen = sizeof datagrams[i].from.peer,
            .msg_iov = &parts[i],
            .msg_iovlen = 1,
            .msg_control = &control[i],
            .msg_controllen = sizeof control[i],
        };
    }
    int count = recvmmsg(socket, headers, most, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
        const bool whole = (headers[i].msg_hdr.msg_flags & MSG_TRUNC) == 0;
        datagrams[i].size = whole ? headers[i].msg_len : 0;
        datagrams[i].from.socket = (uint8_t)number;
        note_local(&datagrams[i].from, &headers[i].msg_hdr);
    }
    return count;
}

/* ---- sending --------------------------------------------------------------------------------- */

void outbox_clear(struct outbox *outbox)
{
    outbox->count = outbox->sent = 0;
}

bool outbox_is_full(const struct outbox *outbox)
{
    return outbox->count == DATAGRAMS_BATCH;
}

/* Where to send it from. */
static size_t put_local(struct cmsghdr *part, const struct endpoint *to)
{
    if (to->peer.any.sa_family == AF_INET) {
        struct in_pktinfo info = {0};
        memcpy(&info.ipi_spec_dst, &to->local, sizeof info.ipi_spec_dst);
        part->cmsg_level = IPPROTO_IP;
        part->cmsg_type = IP_PKTINFO;
        part->cmsg_len = CMSG_LEN(sizeof info);
        memcpy(CMSG_DATA(part), &info, sizeof info);
        return CMSG_SPACE(sizeof info);
    }
    struct in6_pktinfo info = {.ipi6_addr = to->local, .ipi6_ifindex = to->interface};
    part->cmsg_level = IPPROTO_IPV6;
    part->cmsg_type = IPV6_PKTINFO;
    part->cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(part), &info, sizeof info);
    return CMSG_SPACE(sizeof info);
}

void outbox_add(struct outbox *outbox, const struct endpoint *to, const void *data, size_t size)
{
    const unsigned i = outbox->count++;
    outbox->to[i] = *to;
    outbox->parts[i] = (struct iovec){(void *)data, size};
    outbox->headers[i].msg_hdr = (struct msghdr){
        .msg_name = &outbox->to[i].peer,
        .msg_namelen = to->peer.any.sa_family == AF_INET ? sizeof to->peer.in : sizeof to->peer.in6,
        .msg_iov = &outbox->parts[i],
        .msg_iovlen = 1,
    };
    if (to->has_local) {
        outbox->headers[i].msg_hdr.msg_control = &outbox->control[i];
        outbox->headers[i].msg_hdr.msg_controllen =
            put_local((struct cmsghdr *)&outbox->control[i], to);
    }
}

int outbox_socket(const struct outbox *outbox)
{
    return listen_socket(outbox->to[outbox->sent].socket);
}

int outbox_send(struct outbox *outbox, unsigned *refused)
{
    while (outbox->sent < outbox->count) {
        unsigned end = outbox->sent + 1;
        while (end < outbox->count && outbox->to[end].socket == outbox->to[outbox->sent].socket)
            end++;
        int sent = sendmmsg(outbox_socket(outbox), outbox->headers + outbox->sent,
                            end - outbox->sent, MSG_DONTWAIT);
        if (sent > 0) {
            outbox->sent += (unsigned)sent;
        } else if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) {
            return EAGAIN;
        } else if (errno != EINTR) {
            outbox->sent++;
            ++*refused;
        }
    }
    return 0;
}
