/* The core of Connect: a message queue over any byte stream. Performs no I/O: bytes are carried by the caller.
 *
 * No pointer may be null, but that of connect_free. A peer is used by one thread at a time. Memory comes from malloc; where that
 * has none left, and where a rule of this file is seen to be broken, abort() is called. */
#ifndef CONNECT_H
#define CONNECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One end of a connection. */
typedef struct connect_peer connect_peer;

/* Both directions with messages of up to so many bytes of data, 1 to 100,000,000. */
connect_peer *connect_new(size_t longest);
void connect_free(connect_peer *peer);

/* Receiving: ask for messages; when input is needed, let bytes be put into the space, say how many, and ask again. At the end of
 * the stream say so. */

typedef enum connect_answer {
    CONNECT_DATAGRAM,
    CONNECT_NEED_INPUT,
    /* The peer ended the stream between two messages. */
    CONNECT_END,
    /* The peer broke the format, or the stream was cut inside a message. This stays so. */
    CONNECT_BROKEN
} connect_answer;

typedef struct connect_datagram {
    /* At least one byte. Good until the peer is asked for the next message or for space, or rests. */
    const uint8_t *data;
    size_t len;
    uint16_t recipient;
} connect_datagram;

connect_answer connect_next(connect_peer *peer, connect_datagram *datagram);
/* Space for the next bytes, never empty. Good until the next message is asked for. */
uint8_t *connect_spare(connect_peer *peer, size_t *len);
/* So many bytes, no more than there was space for, are at the beginning of the space. */
void connect_commit(connect_peer *peer, size_t received);
void connect_finish(connect_peer *peer);

/* Sending: push messages while the peer is ready; take bytes from the chunk, and say how many. */

/* Whether less than 1 KiB is queued. */
bool connect_is_ready(const connect_peer *peer);
/* Queues a copy of any data, also of that of a message that was received. False if there is none, or more than the
 * longest message has. */
bool connect_push(connect_peer *peer, uint16_t recipient, const uint8_t *data, size_t len);
/* The next bytes to be sent; 0 bytes, and a null pointer, if there are none. Good until anything is pushed. */
const uint8_t *connect_chunk(connect_peer *peer, size_t *len);
/* So many bytes, no more than the chunk has, were taken from its beginning. */
void connect_advance(connect_peer *peer, size_t written);

/* Nothing is to be received or sent at the moment: memory that is not needed goes back. */
void connect_rest(connect_peer *peer);

#endif
