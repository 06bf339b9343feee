// Command cordon ranks suspicious activity in an AWS account per principal, and
// contains a principal with a DenyAll policy that can be taken back.
package main

import (
	"os"

	"cordon/cli"
)

func main() { os.Exit(cli.Main()) }
