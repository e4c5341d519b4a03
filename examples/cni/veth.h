/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_VETH_H
#define CNI_VETH_H

#include "link.h"
#include "plugin.h"

/* The veth pair of an attachment. Its end on the node is named after the owner, and
 * carries the owner's text as alias: so DEL finds it without the container. */

#define VETH_ALIAS "k8snet-cni "

struct veth {
	uint8_t mac[6], host_mac[6];
	uint32_t mtu;		/* 0: the kernel's choice */
	int master;		/* a bridge; 0: none */
	bool hairpin, isolated; /* as its port */
};

/* Make the pair, its other end in the container's namespace, and bring the node's end
 * up. What a killed ADD left of the same owner gives way. */
int veth_add(struct plugin *p, const struct veth *veth);
/* Wait until both ends pass packets, which takes the kernel a moment after both are up:
 * until then it drops them in silence. */
int veth_wait(struct plugin *p);
/* Remove it; by its name in the container, if it is not ours. What is gone already is
 * no failure. */
int veth_del(struct plugin *p);
/* After ADD failed: the error stays as it is. */
void veth_undo(struct plugin *p);
/* 1 or 0: there is one of ours, of whichever network. */
int veth_exists(struct plugin *p);
/* Remove those of attachments that are not valid; and the devices that shape what
 * they send. */
int veth_gc(struct plugin *p);
int ifb_gc(struct plugin *p);
/* The owner as alias of a link that is being changed. */
void veth_put_alias(struct plugin *p, struct nlmsghdr *message);
/* The two ends, whoever made them; an error of code ERROR_DEVIATION if they are not
 * there. */
int veth_find(struct plugin *p, struct link *container, struct link *host);
/* Compare them with prevResult; `mtu` is that of both where it does not say (0: any). */
int veth_check(struct plugin *p, const struct k8snet_cni_result *result, uint32_t mtu,
	       const struct link *container, const struct link *host);
/* Add both ends to the result; the index of the container's is *index. */
int veth_add_to_result(struct plugin *p, const struct veth *veth, struct k8snet_cni_result *result,
		       int *index);

#endif
