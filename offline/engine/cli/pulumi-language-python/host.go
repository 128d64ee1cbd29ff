package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

const (
	executor = "pulumi-language-python-exec"
	// The executor ends with this code once it has shown the error itself; the engine then only has to stop.
	alreadyShown = 32
	// A program that ignores the signal is killed after this long, before the engine kills this host.
	patience = 3 * time.Second
)

// version is that of the engine, set when this program is linked.
var version = "0.0.0"

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	engine  string
	stopped context.Context
}

func (h *host) Handshake(
	_ context.Context, request *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = request.GetEngineAddress()
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

// GetRequiredPackages names none: every plugin was put in place beforehand, and there is nowhere to fetch one from.
func (h *host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) GetRequiredPlugins(
	context.Context, *pulumirpc.GetRequiredPluginsRequest,
) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (h *host) Run(ctx context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	here, err := os.Executable()
	if err != nil {
		return nil, err
	}
	arguments, err := programArguments(filepath.Join(filepath.Dir(here), executor), h.engine, request)
	if err != nil {
		return nil, err
	}
	command, err := h.python(ctx, request.GetInfo(), arguments...)
	if err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	settings, err := configuration(request)
	if err != nil {
		return nil, err
	}
	command.Env = append(command.Env, settings...)
	return verdict(command.Run())
}

// configuration is the stack's settings as the executor reads them: always an object and a list, never null.
func configuration(request *pulumirpc.RunRequest) ([]string, error) {
	values := map[string]string{}
	maps.Copy(values, request.GetConfig())
	config, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(append([]string{}, request.GetConfigSecretKeys()...))
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(config), "PULUMI_CONFIG_SECRET_KEYS=" + string(secretKeys)}, nil
}

// verdict tells the engine how a program ended: well, badly with the error already shown, or badly without.
func verdict(err error) (*pulumirpc.RunResponse, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case !errors.As(err, &exit):
		return nil, fmt.Errorf("the Python program could not be started: %w", err)
	case exit.ExitCode() == alreadyShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case exit.ExitCode() < 0:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program was stopped (%s)", exit)}, nil
	default:
		text := fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())
		return &pulumirpc.RunResponse{Error: text}, nil
	}
}

func programArguments(exec, engine string, request *pulumirpc.RunRequest) ([]string, error) {
	info := request.GetInfo()
	if info == nil {
		return nil, status.Error(codes.InvalidArgument, "the engine is too old: it names no program")
	}
	arguments := []string{"-u", exec}
	for _, pair := range [][2]string{
		{"monitor", request.GetMonitorAddress()},
		{"engine", engine},
		{"project", request.GetProject()},
		{"root_directory", info.GetRootDirectory()},
		{"stack", request.GetStack()},
		{"pwd", request.GetPwd()},
		{"organization", request.GetOrganization()},
	} {
		if pair[1] != "" {
			arguments = append(arguments, "--"+pair[0], pair[1])
		}
	}
	arguments = append(arguments, "--dry_run", strconv.FormatBool(request.GetDryRun()),
		"--parallel", strconv.Itoa(int(request.GetParallel())), info.GetEntryPoint())
	return append(arguments, request.GetArgs()...), nil
}

// RunPlugin runs a policy pack, or a plugin written in Python, and passes on what it prints.
func (h *host) RunPlugin(
	request *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer,
) error {
	program := request.GetInfo().GetProgramDirectory()
	arguments := append([]string{"-u", program}, request.GetArgs()...)
	if request.GetKind() == "analyzer" {
		arguments = append(append([]string{"-u", "-m", "pulumi.policy"}, request.GetArgs()...), program)
	}
	command, err := h.python(server.Context(), request.GetInfo(), arguments...)
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(server, false)
	if err != nil {
		return err
	}
	command.Dir = request.GetPwd()
	command.Env = overlay(request.GetEnv(), command.Env)
	command.Stdout, command.Stderr = stdout, stderr
	err = command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	if err := closer.Close(); err != nil {
		return err
	}
	return server.Send(&pulumirpc.RunPluginResponse{
		Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(command.ProcessState.ExitCode())}, //nolint:gosec
	})
}

// overlay keeps what makes the virtual environment the active one and takes everything else from the engine.
func overlay(engine, activated []string) []string {
	kept := append([]string{}, engine...)
	for _, pair := range activated {
		if hasKey(pair, "PATH") || hasKey(pair, "VIRTUAL_ENV") {
			kept = append(kept, pair)
		}
	}
	return kept
}

func hasKey(pair, key string) bool {
	return len(pair) > len(key) && pair[:len(key)+1] == key+"="
}

func environment(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options := toolchain.PythonOptions{
		Root: info.GetRootDirectory(), ProgramDir: info.GetProgramDirectory(), Toolchain: toolchain.Pip,
	}
	values := info.GetOptions().AsMap()
	if value, ok := values["virtualenv"]; ok {
		text, ok := value.(string)
		if !ok {
			return nil, errors.New("the option virtualenv in Pulumi.yaml must be a path")
		}
		options.Virtualenv = text
	}
	switch values["toolchain"] {
	case nil, "pip":
	case "uv":
		options.Toolchain = toolchain.Uv
	case "poetry":
		options.Toolchain = toolchain.Poetry
	default:
		return nil, fmt.Errorf("the option toolchain in Pulumi.yaml is %v; known are pip, uv and poetry", values["toolchain"])
	}
	return toolchain.ResolveToolchain(options)
}

// python is the interpreter of the program's virtual environment, stopped when the engine withdraws its request.
func (h *host) python(ctx context.Context, info *pulumirpc.ProgramInfo, arguments ...string) (*exec.Cmd, error) {
	tools, err := environment(info)
	if err != nil {
		return nil, err
	}
	if err := tools.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	context.AfterFunc(h.stopped, cancel)
	command, err := tools.Command(ctx, arguments...)
	if err != nil {
		cancel()
		return nil, err
	}
	if command.Env == nil {
		command.Env = os.Environ()
	}
	// An interrupt would end the program in a traceback, below the error that made the engine give up.
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = patience
	return command, nil
}
