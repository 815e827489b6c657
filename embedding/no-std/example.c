/* Two peers in one program: messages go from one to the other and back. Firmware would carry the bytes over a wire. */

#include "connect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST 5000

static void must(bool holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "FAILED: %s\n", what);
        exit(1);
    }
}

/* Carries no more than so many bytes, as a wire might. */
static size_t carry(connect_peer *from, connect_peer *to, size_t most) {
    size_t len, room;
    const uint8_t *chunk = connect_chunk(from, &len);
    uint8_t *spare = connect_spare(to, &room);
    if (len > room) len = room;
    if (len > most) len = most;
    if (len > 0) memcpy(spare, chunk, len);
    connect_commit(to, len);
    connect_advance(from, len);
    return len;
}

/* The next message of `to`, for which bytes are carried until it is here. */
static connect_answer next(connect_peer *to, connect_peer *from, size_t most, connect_datagram *datagram) {
    connect_answer answer;
    while ((answer = connect_next(to, datagram)) == CONNECT_NEED_INPUT && carry(from, to, most) > 0) {
    }
    return answer;
}

static uint8_t byte_at(size_t message, size_t position) {
    return (uint8_t)(message * 31 + position * 7);
}

int main(void) {
    connect_peer *client = connect_new(LONGEST), *server = connect_new(LONGEST);
    uint8_t *data = malloc(LONGEST + 1);
    connect_datagram datagram;
    must(client && server && data, "memory");

    for (size_t message = 0; message < 200; message++) {
        size_t len = message % 10 == 9 ? LONGEST - message : 1 + message, most = 1 + message % 17;
        for (size_t i = 0; i < len; i++) data[i] = byte_at(message, i);
        must(connect_is_ready(client), "room for a message");
        must(connect_push(client, (uint16_t)message, data, len), "the message can be sent");

        /* The server sends it back from where it lies: pushing copies it. */
        must(next(server, client, most, &datagram) == CONNECT_DATAGRAM, "the server gets a message");
        must(connect_push(server, datagram.recipient, datagram.data, datagram.len), "the reply can be sent");
        must(next(client, server, most, &datagram) == CONNECT_DATAGRAM, "the client gets a reply");
        must(datagram.recipient == message && datagram.len == len, "the reply is as long as the message");
        must(memcmp(datagram.data, data, len) == 0, "the reply says what the message said");
        connect_rest(client);
        connect_rest(server);
    }

    must(!connect_push(client, 0, data, 0), "a message without data is refused");
    must(!connect_push(client, 0, data, LONGEST + 1), "a message that is too long is refused");

    connect_finish(server);
    must(connect_next(server, &datagram) == CONNECT_END, "the end between two messages is clean");
    must(connect_push(server, 7, data, 100), "the other direction goes on");
    must(carry(server, client, 50) == 50, "half a message");
    connect_finish(client);
    must(connect_next(client, &datagram) == CONNECT_BROKEN, "the end inside a message is not clean");
    must(connect_next(client, &datagram) == CONNECT_BROKEN, "and this stays so");

    connect_free(client);
    connect_free(server);
    connect_free(NULL);
    free(data);
    puts("200 messages there and back");
    return 0;
}
