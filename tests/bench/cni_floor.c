/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The floor of a CNI plugin: a static program that sends the netlink messages of one
 * attachment, writes a lease and prints a fixed result. It reads no JSON, chooses no
 * address, checks nothing. It shares no code with the library.
 *
 * cni_floor bridge|ptp LEASES ADDRESS, with the environment and the input of a CNI call.
 * Bridge br0 and its address 10.88.0.1/16 have to be there.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Indexes can be chosen, which saves asking for them; that of the peer, if both are. */
#define INSIDE	1000
#define OUTSIDE 2000

static _Alignas(8) char buffer[4096], answer[4096];
static struct nlmsghdr *message;

static void die(const char *what, int error)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(error));
	exit(1);
}

static char *end(void)
{
	return (char *)message + NLMSG_ALIGN(message->nlmsg_len);
}

static struct rtattr *put(unsigned short type, const void *data, size_t size)
{
	struct rtattr *attr = (struct rtattr *)end();

	attr->rta_type = type;
	attr->rta_len = (unsigned short)RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attr), data, size);
	message->nlmsg_len = (uint32_t)(end() - (char *)message) + RTA_ALIGN(attr->rta_len);
	return attr;
}

static void nest_end(struct rtattr *attr)
{
	attr->rta_len = (unsigned short)(end() - (char *)attr);
}

static void add(uint16_t type, uint16_t flags, const void *header, size_t size)
{
	char *at = message ? end() : buffer;

	message = (struct nlmsghdr *)at;
	message->nlmsg_len = (uint32_t)NLMSG_LENGTH(size);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	memcpy(NLMSG_DATA(message), header, size);
}

/* The first answer is an error, or says that the last message is done. */
static void send_all(int fd)
{
	const struct nlmsghdr *first = (const struct nlmsghdr *)answer;
	const struct nlmsgerr *error = NLMSG_DATA(first);

	message->nlmsg_flags |= NLM_F_ACK;
	if (send(fd, buffer, (size_t)(end() - buffer), 0) < 0 ||
	    recv(fd, answer, sizeof(answer), 0) < 0)
		die("netlink", errno);
	if (first->nlmsg_type != NLMSG_ERROR || error->error)
		die("the kernel refused", -error->error);
	message = NULL;
}

static int open_socket(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd < 0)
		die("socket", errno);
	return fd;
}

static void put_address(int index, uint32_t address, uint8_t length, uint8_t flags)
{
	const struct ifaddrmsg header = {
		.ifa_family = AF_INET, .ifa_prefixlen = length, .ifa_index = (uint32_t)index};
	uint32_t all = flags ? IFA_F_NOPREFIXROUTE : 0;

	add(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	put(IFA_LOCAL, &address, 4);
	put(IFA_ADDRESS, &address, 4);
	if (all)
		put(IFA_FLAGS, &all, 4);
}

static void put_route(int index, uint32_t to, uint8_t length, uint32_t via)
{
	const struct rtmsg header = {.rtm_family = AF_INET,
				     .rtm_dst_len = length,
				     .rtm_table = RT_TABLE_MAIN,
				     .rtm_protocol = RTPROT_BOOT,
				     .rtm_scope = via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
				     .rtm_type = RTN_UNICAST};

	add(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	if (length)
		put(RTA_DST, &to, 4);
	if (via)
		put(RTA_GATEWAY, &via, 4);
	put(RTA_OIF, &index, 4);
}

static int get_number(void)
{
	return atoi(strrchr(getenv("CNI_CONTAINERID"), '-') + 1);
}

static void put_name(char name[IFNAMSIZ])
{
	snprintf(name, IFNAMSIZ, "floor%d", get_number());
}

static int get_bridge(int fd)
{
	struct ifreq request = {.ifr_name = "br0"};

	/* Any socket will do. */
	if (ioctl(fd, SIOCGIFINDEX, &request) < 0)
		die("br0", errno);
	return request.ifr_ifindex;
}

static void put_pair(int netns, int master)
{
	const struct ifinfomsg header = {
		.ifi_index = OUTSIDE + get_number(), .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	const struct ifinfomsg inside = {.ifi_index = INSIDE};
	const char *ifname = getenv("CNI_IFNAME");
	struct rtattr *info, *data, *peer;
	char name[IFNAMSIZ];

	put_name(name);
	add(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));
	put(IFLA_IFNAME, name, strlen(name) + 1);
	if (master)
		put(IFLA_MASTER, &master, 4);
	info = put(IFLA_LINKINFO, NULL, 0);
	put(IFLA_INFO_KIND, "veth", 5);
	data = put(IFLA_INFO_DATA, NULL, 0);
	peer = put(VETH_INFO_PEER, &inside, sizeof(inside));
	put(IFLA_IFNAME, ifname, strlen(ifname) + 1);
	put(IFLA_NET_NS_FD, &netns, 4);
	nest_end(peer);
	nest_end(data);
	nest_end(info);
}

static void configure(int is_ptp, uint32_t address)
{
	const struct ifinfomsg up = {
		.ifi_index = INSIDE, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	const uint32_t gateway = htonl(0x0a580001), network = htonl(0x0a580000);
	int fd = open_socket();

	add(RTM_NEWLINK, 0, &up, sizeof(up));
	put_address(INSIDE, address, 16, (uint8_t)is_ptp);
	if (is_ptp) {
		put_route(INSIDE, gateway, 32, 0);
		put_route(INSIDE, network, 16, gateway);
	}
	put_route(INSIDE, 0, 0, gateway);
	send_all(fd);
}

static void write_lease(const char *path)
{
	const char *container = getenv("CNI_CONTAINERID"), *ifname = getenv("CNI_IFNAME");
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 || dprintf(fd, "%s\r\n%s", container, ifname) < 0)
		die(path, errno);
	close(fd);
}

static void attach(int is_ptp, const char *path, uint32_t address)
{
	static const char result[] = "{\"cniVersion\":\"1.0.0\",\"interfaces\":[],\"ips\":[]}\n";
	int netns = open(getenv("CNI_NETNS"), O_RDONLY | O_CLOEXEC), fd = open_socket();

	write_lease(path);
	put_pair(netns, is_ptp ? 0 : get_bridge(fd));
	if (is_ptp) {
		put_address(OUTSIDE + get_number(), htonl(0x0a580001), 32, 0);
		put_route(OUTSIDE + get_number(), address, 32, 0);
	}
	send_all(fd);
	if (setns(netns, CLONE_NEWNET) < 0)
		die("setns", errno);
	configure(is_ptp, address);
	if (write(1, result, sizeof(result) - 1) < 0)
		die("result", errno);
}

static void detach(const char *path)
{
	const struct ifinfomsg header = {0};
	char name[IFNAMSIZ];

	put_name(name);
	add(RTM_DELLINK, 0, &header, sizeof(header));
	put(IFLA_IFNAME, name, strlen(name) + 1);
	send_all(open_socket());
	if (unlink(path) < 0)
		die(path, errno);
}

int main(int argc, char **argv)
{
	static char input[65536];
	char path[512];

	while (read(0, input, sizeof(input)) > 0)
		;
	if (argc != 4)
		return 2;
	snprintf(path, sizeof(path), "%s/%s", argv[2], argv[3]);
	if (!strcmp(getenv("CNI_COMMAND"), "ADD"))
		attach(!strcmp(argv[1], "ptp"), path, inet_addr(argv[3]));
	else
		detach(path);
	return 0;
}
