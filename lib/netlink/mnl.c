/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of libmnl's interface that the plugin uses, written for it: there is no static
 * libmnl to link, and to load the shared one takes a tenth of the time that it takes to
 * start a program at all; VERSION has no use of it.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <string.h>

/* --- messages ------------------------------------------------------------------------- */

struct nlmsghdr *mnl_nlmsg_put_header(void *buffer)
{
	struct nlmsghdr *message = buffer;

	*message = (struct nlmsghdr){.nlmsg_len = MNL_NLMSG_HDRLEN};
	return message;
}

void *mnl_nlmsg_put_extra_header(struct nlmsghdr *message, size_t size)
{
	char *header = (char *)message + message->nlmsg_len;

	memset(header, 0, MNL_ALIGN(size));
	message->nlmsg_len += (uint32_t)MNL_ALIGN(size);
	return header;
}

void *mnl_nlmsg_get_payload(const struct nlmsghdr *message)
{
	return (char *)message + MNL_NLMSG_HDRLEN;
}

void *mnl_nlmsg_get_payload_offset(const struct nlmsghdr *message, size_t offset)
{
	return (char *)message + MNL_NLMSG_HDRLEN + MNL_ALIGN(offset);
}

void *mnl_nlmsg_get_payload_tail(const struct nlmsghdr *message)
{
	return (char *)message + MNL_ALIGN(message->nlmsg_len);
}

size_t mnl_nlmsg_get_payload_len(const struct nlmsghdr *message)
{
	return message->nlmsg_len - MNL_NLMSG_HDRLEN;
}

bool mnl_nlmsg_ok(const struct nlmsghdr *message, int length)
{
	return length >= (int)sizeof(*message) && message->nlmsg_len >= sizeof(*message) &&
	       message->nlmsg_len <= (uint32_t)length;
}

struct nlmsghdr *mnl_nlmsg_next(const struct nlmsghdr *message, int *length)
{
	*length -= (int)MNL_ALIGN(message->nlmsg_len);
	return mnl_nlmsg_get_payload_tail(message);
}

/* --- reading attributes ------------------------------------------------------------------ */

uint16_t mnl_attr_get_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

uint16_t mnl_attr_get_payload_len(const struct nlattr *attr)
{
	return (uint16_t)(attr->nla_len - MNL_ATTR_HDRLEN);
}

void *mnl_attr_get_payload(const struct nlattr *attr)
{
	return (char *)attr + MNL_ATTR_HDRLEN;
}

bool mnl_attr_ok(const struct nlattr *attr, int length)
{
	return length >= (int)sizeof(*attr) && attr->nla_len >= sizeof(*attr) &&
	       (int)attr->nla_len <= length;
}

struct nlattr *mnl_attr_next(const struct nlattr *attr)
{
	return (struct nlattr *)((char *)attr + MNL_ALIGN(attr->nla_len));
}

/* Of the types that are asked for here. */
int mnl_attr_validate(const struct nlattr *attr, enum mnl_attr_data_type type)
{
	static const uint8_t sizes[MNL_TYPE_MAX] = {
		[MNL_TYPE_U8] = 1, [MNL_TYPE_U16] = 2, [MNL_TYPE_U32] = 4, [MNL_TYPE_U64] = 8};
	uint16_t length = mnl_attr_get_payload_len(attr);
	const char *text = mnl_attr_get_payload(attr);
	bool is_valid = type == MNL_TYPE_NUL_STRING ? length && text[length - 1] == '\0'
						    : sizes[type] && length == sizes[type];

	if (is_valid)
		return 0;
	errno = type == MNL_TYPE_NUL_STRING ? EINVAL : ERANGE;
	return -1;
}

int mnl_attr_parse(const struct nlmsghdr *message, unsigned int offset, mnl_attr_cb_t fn,
		   void *data)
{
	const struct nlattr *attr;
	int r = MNL_CB_OK;

	mnl_attr_for_each(attr, message, offset)
	{
		r = fn(attr, data);
		if (r <= MNL_CB_STOP)
			break;
	}
	return r;
}

int mnl_attr_parse_nested(const struct nlattr *nest, mnl_attr_cb_t fn, void *data)
{
	const struct nlattr *attr;
	int r = MNL_CB_OK;

	mnl_attr_for_each_nested(attr, nest)
	{
		r = fn(attr, data);
		if (r <= MNL_CB_STOP)
			break;
	}
	return r;
}

const char *mnl_attr_get_str(const struct nlattr *attr)
{
	return mnl_attr_get_payload(attr);
}

uint8_t mnl_attr_get_u8(const struct nlattr *attr)
{
	return *(const uint8_t *)mnl_attr_get_payload(attr);
}

/* Attributes are aligned to 4 bytes, which is not enough for all of them. */
uint16_t mnl_attr_get_u16(const struct nlattr *attr)
{
	uint16_t value;

	memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return value;
}

uint32_t mnl_attr_get_u32(const struct nlattr *attr)
{
	uint32_t value;

	memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return value;
}

uint64_t mnl_attr_get_u64(const struct nlattr *attr)
{
	uint64_t value;

	memcpy(&value, mnl_attr_get_payload(attr), sizeof(value));
	return value;
}

/* --- writing attributes ---------------------------------------------------------------------- */

void mnl_attr_put(struct nlmsghdr *message, uint16_t type, size_t size, const void *data)
{
	struct nlattr *attr = mnl_nlmsg_get_payload_tail(message);
	size_t padded = MNL_ALIGN(size);

	attr->nla_type = type;
	attr->nla_len = (uint16_t)(MNL_ATTR_HDRLEN + size);
	memset((char *)mnl_attr_get_payload(attr) + size, 0, padded - size);
	if (size)
		memcpy(mnl_attr_get_payload(attr), data, size);
	message->nlmsg_len += (uint32_t)(MNL_ATTR_HDRLEN + padded);
}

void mnl_attr_put_u8(struct nlmsghdr *message, uint16_t type, uint8_t value)
{
	mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_u16(struct nlmsghdr *message, uint16_t type, uint16_t value)
{
	mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_u32(struct nlmsghdr *message, uint16_t type, uint32_t value)
{
	mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_u64(struct nlmsghdr *message, uint16_t type, uint64_t value)
{
	mnl_attr_put(message, type, sizeof(value), &value);
}

void mnl_attr_put_strz(struct nlmsghdr *message, uint16_t type, const char *text)
{
	mnl_attr_put(message, type, strlen(text) + 1, text);
}

struct nlattr *mnl_attr_nest_start(struct nlmsghdr *message, uint16_t type)
{
	struct nlattr *nest = mnl_nlmsg_get_payload_tail(message);

	mnl_attr_put(message, NLA_F_NESTED | type, 0, NULL);
	return nest;
}

void mnl_attr_nest_end(struct nlmsghdr *message, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)((char *)mnl_nlmsg_get_payload_tail(message) - (char *)nest);
}
