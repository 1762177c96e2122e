/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A block is assembled in memory, since its length precedes and follows it.
 */
#include "sim/view/pcapng.h"

#include "sim/base/must.h"
#include "sim/base/visible.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_SECTION    UINT32_C(0x0a0d0d0a)
#define BLOCK_INTERFACE  1
#define BLOCK_STATISTICS 5
#define BLOCK_PACKET     6

#define BYTE_ORDER_MAGIC UINT32_C(0x1a2b3c4d)
#define LENGTH_UNKNOWN   UINT64_MAX
#define SNAPLEN          262144 /* what tcpdump takes as no limit */

enum { /* options; their numbers begin anew with each type of block */
       OPT_END = 0,
       OPT_COMMENT = 1,
       SHB_USERAPPL = 4,
       IF_NAME = 2,
       IF_DESCRIPTION = 3,
       IF_TSRESOL = 9,
       EPB_FLAGS = 2,
       EPB_PACKETID = 5,
       ISB_STARTTIME = 2,
       ISB_ENDTIME = 3,
       ISB_IFRECV = 4,
       ISB_IFDROP = 5
};

#define TSRESOL_NS 9     /* 10^-9 s */
#define TEXT_MAX   65000 /* an option's length has 16 bits */

struct pcapng {
    FILE *out;
    uint32_t interfaces;
    uint8_t *block;
    size_t length, room;
};

/* ---- a block's bytes ---- */

static uint8_t *extend(pcapng_t *png, size_t size)
{
    if (png->room - png->length < size) {
        png->room = (png->length + size) * 2;
        png->block = must_realloc(png->block, png->room);
    }
    uint8_t *at = png->block + png->length;
    png->length += size;
    return at;
}

static void set32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void add16(pcapng_t *png, uint16_t value)
{
    uint8_t *at = extend(png, 2);
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static void add32(pcapng_t *png, uint32_t value)
{
    set32(extend(png, 4), value);
}

static void add64(pcapng_t *png, uint64_t value)
{
    add32(png, (uint32_t)value);
    add32(png, (uint32_t)(value >> 32));
}

/* A time's upper half comes first, in either byte order. */
static void add_time(pcapng_t *png, uint64_t ns)
{
    add32(png, (uint32_t)(ns >> 32));
    add32(png, (uint32_t)ns);
}

static void add_bytes(pcapng_t *png, const void *bytes, size_t length)
{
    if (length > 0)
        memcpy(extend(png, length), bytes, length);
}

static void pad(pcapng_t *png)
{
    static const uint8_t zeros[3] = {0};
    add_bytes(png, zeros, -png->length & 3);
}

static void begin_block(pcapng_t *png, uint32_t type)
{
    png->length = 0;
    add32(png, type);
    add32(png, 0); /* its length: end_block() */
}

/* The end of the options, and of the block. */
static void end_block(pcapng_t *png)
{
    add16(png, OPT_END);
    add16(png, 0);
    add32(png, (uint32_t)png->length + 4);
    set32(png->block + 4, (uint32_t)png->length);
    fwrite(png->block, 1, png->length, png->out);
}

/* ---- options ---- */

static void begin_option(pcapng_t *png, uint16_t code, size_t length)
{
    add16(png, code);
    add16(png, (uint16_t)length);
}

static void text_option(pcapng_t *png, uint16_t code, const char *text)
{
    const char *at = text;
    begin_option(png, code, 0);
    size_t begin = png->length;
    while (*at != '\0' && png->length - begin < TEXT_MAX) {
        size_t plain = visible_plain(at), room = TEXT_MAX - (png->length - begin);
        plain = plain < room ? plain : room;
        add_bytes(png, at, plain);
        at += plain;
        if (plain > 0)
            continue;
        char shown[VISIBLE_ESCAPE_MAX] = "\n";
        at += *at == '\n' ? 1 : visible_character(at, shown);
        add_bytes(png, shown, strlen(shown));
    }
    size_t length = png->length - begin;
    png->block[begin - 2] = (uint8_t)length;
    png->block[begin - 1] = (uint8_t)(length >> 8);
    pad(png);
}

/* ---- blocks ---- */

pcapng_t *pcapng_create(FILE *out, const char *application, const char *comment)
{
    pcapng_t *png = calloc(1, sizeof(*png));
    if (png == NULL)
        return NULL;
    png->out = out;
    begin_block(png, BLOCK_SECTION);
    add32(png, BYTE_ORDER_MAGIC);
    add16(png, 1); /* version 1.0 */
    add16(png, 0);
    add64(png, LENGTH_UNKNOWN); /* the rest is not written yet */
    text_option(png, OPT_COMMENT, comment);
    text_option(png, SHB_USERAPPL, application);
    end_block(png);
    return png;
}

void pcapng_destroy(pcapng_t *png)
{
    if (png == NULL)
        return;
    free(png->block);
    free(png);
}

uint32_t pcapng_add_interface(pcapng_t *png, const char *name, const char *description,
                              uint16_t linktype)
{
    begin_block(png, BLOCK_INTERFACE);
    add16(png, linktype);
    add16(png, 0);
    add32(png, SNAPLEN);
    text_option(png, IF_NAME, name);
    text_option(png, IF_DESCRIPTION, description);
    begin_option(png, IF_TSRESOL, 1);
    add_bytes(png, &(uint8_t){TSRESOL_NS}, 1);
    pad(png);
    end_block(png);
    return png->interfaces++;
}

void pcapng_write_packet(pcapng_t *png, const pcapng_packet_t *packet)
{
    uint32_t length = (uint32_t)(packet->header_length + packet->length);
    begin_block(png, BLOCK_PACKET);
    add32(png, packet->interface);
    add_time(png, packet->time_ns);
    add32(png, length); /* captured */
    add32(png, length); /* on the way */
    add_bytes(png, packet->header, packet->header_length);
    add_bytes(png, packet->bytes, packet->length);
    pad(png);
    for (size_t i = 0; i < packet->comment_count; i++)
        text_option(png, OPT_COMMENT, packet->comments[i]);
    begin_option(png, EPB_FLAGS, 4);
    add32(png, packet->direction);
    if (packet->id != 0) {
        begin_option(png, EPB_PACKETID, 8);
        add64(png, packet->id);
    }
    end_block(png);
}

void pcapng_write_statistics(pcapng_t *png, uint32_t interface, uint64_t begin_ns, uint64_t end_ns,
                             uint64_t packets)
{
    begin_block(png, BLOCK_STATISTICS);
    add32(png, interface);
    add_time(png, end_ns);
    begin_option(png, ISB_STARTTIME, 8);
    add_time(png, begin_ns);
    begin_option(png, ISB_ENDTIME, 8);
    add_time(png, end_ns);
    begin_option(png, ISB_IFRECV, 8);
    add64(png, packets);
    begin_option(png, ISB_IFDROP, 8);
    add64(png, 0);
    end_block(png);
}
