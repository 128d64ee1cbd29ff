// Command pulumi-language-python lets the Pulumi engine run Python programs, policy packs and plugins. The virtual
// environment named in Pulumi.yaml does the work; this program finds it, starts it and reports how it ended.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func main() {
	// The engine may pass these to any plugin; they mean nothing here but must not be taken for its address.
	flags := flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	flags.String("tracing", "", "")
	flags.String("root", "", "")
	flags.Bool("logtostderr", false, "")
	flags.Bool("logflow", false, "")
	flags.Int("v", 0, "")
	_ = flags.Parse(os.Args[1:])
	if flags.NArg() == 0 {
		cmdutil.ExitError("started without the engine's address")
	}

	stopped, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cancel := make(chan bool)
	go func() {
		<-stopped.Done()
		close(cancel)
	}()

	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, &host{engine: flags.Arg(0), stopped: stopped})
			return nil
		},
	})
	if err != nil {
		cmdutil.ExitError(err.Error())
	}
	fmt.Println(handle.Port)
	if err := <-handle.Done; err != nil {
		cmdutil.ExitError(err.Error())
	}
}
