/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What it costs to start a program that is linked statically, and does nothing. */
int main(void)
{
	return 0;
}
