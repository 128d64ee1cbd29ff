package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// The bridge library drops the new state of a change that ends in an error. Here that state is let through as if the
// change had succeeded, its errors are kept aside under failureKey, and `server` turns both into the reply by which
// the engine records a resource that exists but is not right.

type failureKey struct{}

type failure struct{ reasons []string }

// failedProperty marks, in the stack's state, a resource whose creation failed.
const failedProperty = "__failedCreate"

type partialKeeper struct {
	tfprotov6.ProviderServer
	schema func() (*tfprotov6.GetProviderSchemaResponse, error)
}

func keepPartial(inner tfprotov6.ProviderServer) tfprotov6.ProviderServer {
	return partialKeeper{ProviderServer: inner, schema: sync.OnceValues(
		func() (*tfprotov6.GetProviderSchemaResponse, error) {
			return inner.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
		})}
}

func (k partialKeeper) GetProviderSchema(
	context.Context, *tfprotov6.GetProviderSchemaRequest,
) (*tfprotov6.GetProviderSchemaResponse, error) {
	return k.schema()
}

func (k partialKeeper) ApplyResourceChange(
	ctx context.Context, request *tfprotov6.ApplyResourceChangeRequest,
) (*tfprotov6.ApplyResourceChangeResponse, error) {
	response, err := k.ProviderServer.ApplyResourceChange(ctx, request)
	if err != nil || response == nil {
		return response, err
	}
	reasons, others := splitErrors(response.Diagnostics)
	if len(reasons) == 0 {
		return response, nil
	}
	kept, wanted := ctx.Value(failureKey{}).(*failure)
	state, made := k.knownState(request.TypeName, response.NewState)
	if !wanted || !made {
		// As diagnostics the bridge library would show each of them twice.
		return nil, errors.New(strings.Join(reasons, "\n"))
	}
	kept.reasons = reasons
	response.NewState, response.Diagnostics = state, others
	return response, nil
}

func splitErrors(diagnostics []*tfprotov6.Diagnostic) (reasons []string, others []*tfprotov6.Diagnostic) {
	for _, one := range diagnostics {
		if one.Severity != tfprotov6.DiagnosticSeverityError {
			others = append(others, one)
			continue
		}
		text := one.Summary
		if one.Detail != "" && one.Detail != one.Summary {
			text = strings.TrimSpace(fmt.Sprintf("%s: %s", one.Summary, one.Detail))
		}
		if one.Attribute != nil {
			text = fmt.Sprintf("[%s] %s", one.Attribute, text)
		}
		reasons = append(reasons, text)
	}
	return reasons, others
}

// knownState is the state left by a failed change, with null for what never became known; false if nothing was made.
func (k partialKeeper) knownState(typeName string, state *tfprotov6.DynamicValue) (*tfprotov6.DynamicValue, bool) {
	schema, err := k.schema()
	if err != nil || state == nil || schema.ResourceSchemas[typeName] == nil {
		return nil, false
	}
	valueType := schema.ResourceSchemas[typeName].ValueType()
	value, err := state.Unmarshal(valueType)
	if err != nil || value.IsNull() || !hasID(value) {
		return nil, false
	}
	value, err = tftypes.Transform(value, func(_ *tftypes.AttributePath, one tftypes.Value) (tftypes.Value, error) {
		if !one.IsKnown() {
			return tftypes.NewValue(one.Type(), nil), nil
		}
		return one, nil
	})
	if err != nil {
		return nil, false
	}
	known, err := tfprotov6.NewDynamicValue(valueType, value)
	return &known, err == nil
}

func hasID(state tftypes.Value) bool {
	attributes := map[string]tftypes.Value{}
	if state.As(&attributes) != nil {
		return false
	}
	id, ok := attributes["id"]
	if !ok || id.IsNull() || !id.IsKnown() {
		return false
	}
	var text string
	return id.As(&text) != nil || text != ""
}

type server struct {
	pulumirpc.ResourceProviderServer
	// retried are the tokens of resources that have to be replaced after a failed create.
	retried map[string]bool
}

func initFailed(id string, properties *structpb.Struct, reasons []string) error {
	return rpcerror.WithDetails(
		rpcerror.New(codes.Unknown, reasons[0]),
		&pulumirpc.ErrorResourceInitFailed{Id: id, Properties: properties, Reasons: reasons},
	)
}

func (s *server) Create(
	ctx context.Context, request *pulumirpc.CreateRequest,
) (*pulumirpc.CreateResponse, error) {
	kept := &failure{}
	response, err := s.ResourceProviderServer.Create(context.WithValue(ctx, failureKey{}, kept), request)
	if len(kept.reasons) == 0 {
		return response, err
	}
	if err != nil {
		return nil, errors.Join(errors.New(strings.Join(kept.reasons, "; ")), err)
	}
	if s.isRetried(request.GetUrn()) {
		response.Properties = mark(response.GetProperties())
	}
	return nil, initFailed(response.GetId(), response.GetProperties(), kept.reasons)
}

func (s *server) Update(
	ctx context.Context, request *pulumirpc.UpdateRequest,
) (*pulumirpc.UpdateResponse, error) {
	kept := &failure{}
	request.Olds, _ = unmark(request.GetOlds())
	response, err := s.ResourceProviderServer.Update(context.WithValue(ctx, failureKey{}, kept), request)
	if len(kept.reasons) == 0 {
		return response, err
	}
	if err != nil {
		return nil, errors.Join(errors.New(strings.Join(kept.reasons, "; ")), err)
	}
	return nil, initFailed(request.GetId(), response.GetProperties(), kept.reasons)
}

func (s *server) Diff(ctx context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	olds, failed := unmark(request.GetOlds())
	request.Olds = olds
	response, err := s.ResourceProviderServer.Diff(ctx, request)
	if err != nil || !failed {
		return response, err
	}
	response.Changes = pulumirpc.DiffResponse_DIFF_SOME
	response.Replaces = append(response.Replaces, failedProperty)
	// What failed half-way still holds its name, ports and addresses.
	response.DeleteBeforeReplace = true
	return response, nil
}

func (s *server) Read(ctx context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	properties, failed := unmark(request.GetProperties())
	request.Properties = properties
	response, err := s.ResourceProviderServer.Read(ctx, request)
	if err == nil && failed && response.GetId() != "" {
		response.Properties = mark(response.GetProperties())
	}
	return response, err
}

func (s *server) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	request.Properties, _ = unmark(request.GetProperties())
	return s.ResourceProviderServer.Delete(ctx, request)
}

func (s *server) Check(ctx context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	request.Olds, _ = unmark(request.GetOlds())
	return s.ResourceProviderServer.Check(ctx, request)
}

func (s *server) isRetried(urn string) bool {
	return s.retried[string(resource.URN(urn).Type())]
}

func mark(properties *structpb.Struct) *structpb.Struct {
	marked := proto.CloneOf(properties)
	if marked.Fields == nil {
		marked.Fields = map[string]*structpb.Value{}
	}
	marked.Fields[failedProperty] = structpb.NewBoolValue(true)
	return marked
}

func unmark(properties *structpb.Struct) (*structpb.Struct, bool) {
	if _, failed := properties.GetFields()[failedProperty]; !failed {
		return properties, false
	}
	clean := proto.CloneOf(properties)
	delete(clean.Fields, failedProperty)
	return clean, true
}
