package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

func (h *host) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	tools, err := environment(request.GetInfo())
	if err != nil {
		return nil, err
	}
	folder, err := tools.VirtualEnvPath(ctx)
	if err != nil {
		return nil, err
	}
	// The engine asks at every preview and waits for the answer; starting Python and pip to get it takes a second.
	if version := venvVersion(folder); version != "" {
		python := filepath.Join(folder, "bin", "python")
		return &pulumirpc.AboutResponse{Executable: python, Version: version}, nil
	}
	about, err := tools.About(ctx)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.AboutResponse{Executable: about.PythonExecutable, Version: about.PythonVersion.String()}, nil
}

// venvVersion is the version of Python that a virtual environment states; venv and virtualenv use different keys.
func venvVersion(folder string) string {
	text, err := os.ReadFile(filepath.Join(folder, "pyvenv.cfg"))
	if folder == "" || err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, "=")
		switch strings.TrimSpace(key) {
		case "version", "version_info":
			numbers := strings.Split(strings.TrimSpace(value), ".")
			return strings.Join(numbers[:min(3, len(numbers))], ".")
		}
	}
	return ""
}

func (h *host) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	tools, err := environment(request.GetInfo())
	if err != nil {
		return nil, err
	}
	packages, err := tools.ListPackages(ctx, request.GetTransitiveDependencies())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, one := range packages {
		response.Dependencies = append(response.Dependencies, &pulumirpc.DependencyInfo{Name: one.Name, Version: one.Version})
	}
	return response, nil
}

func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, server grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse],
) error {
	tools, err := environment(request.GetInfo())
	if err != nil {
		return err
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, request.GetIsTerminal())
	if err != nil {
		return err
	}
	defer closer.Close()
	return tools.InstallDependencies(
		server.Context(), request.GetDirectory(), request.GetUseLanguageVersionTools(), true, stdout, stderr)
}
