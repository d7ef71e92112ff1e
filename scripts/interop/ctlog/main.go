// Command ctlog is the certificate transparency log of the interop run: Google's RFC 6962 handlers (CTFE) and a
// Trillian log server with its sequencer, in one process, over Trillian's in-memory storage. With -trillian it also
// offers that Trillian over gRPC, which is the backend that Rekor v1 wants.
//
// Why it exists: the stock trillian_log_server registers SQL storages only, and the stock ct_server wants a running
// Trillian, so a log without a database has to be put together from the two libraries.
//
// For trials only. Everything is forgotten at exit, and there is no quota and no access control.
package main

import (
	"context"
	"crypto"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/google/certificate-transparency-go/trillian/ctfe"
	"github.com/google/certificate-transparency-go/trillian/ctfe/configpb"
	"github.com/google/trillian"
	"github.com/google/trillian/client"
	"github.com/google/trillian/crypto/keys"
	"github.com/google/trillian/crypto/keys/der"
	"github.com/google/trillian/crypto/keyspb"
	"github.com/google/trillian/extension"
	trillianlog "github.com/google/trillian/log"
	"github.com/google/trillian/monitoring"
	"github.com/google/trillian/quota"
	"github.com/google/trillian/server"
	"github.com/google/trillian/server/admin"
	"github.com/google/trillian/server/interceptor"
	"github.com/google/trillian/storage/memory"
	"github.com/google/trillian/util/clock"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
)

type options struct {
	listen, prefix, keyFile, rootsFile, trillian string
}

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:6962", "loopback host:port of the log")
	flag.StringVar(&o.prefix, "prefix", "test", "path prefix of the log")
	flag.StringVar(&o.keyFile, "key", "", "the log's P-256 key, PKCS#8 PEM, not encrypted")
	flag.StringVar(&o.rootsFile, "roots", "", "PEM file of the certificate authorities whose certificates are logged")
	flag.StringVar(&o.trillian, "trillian", "", "loopback host:port for Trillian's log and admin gRPC; empty: not offered")
	flag.Parse()
	if err := run(context.Background(), o); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, o options) error {
	inner := bufconn.Listen(1 << 20)
	backend, registry := newTrillian()
	go serve(backend, inner)
	conn, err := grpc.NewClient("passthrough:///memory",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return inner.DialContext(ctx) }))
	if err != nil {
		return err
	}
	if o.trillian != "" {
		outer, err := listenLoopback(o.trillian)
		if err != nil {
			return err
		}
		go serve(backend, outer)
	}
	// One sequencer for every tree: the log's own and those that Rekor v1 makes for itself.
	go trillianlog.NewOperationManager(trillianlog.OperationInfo{
		Registry: registry, BatchSize: 64, NumWorkers: 1, RunInterval: 100 * time.Millisecond, TimeSource: clock.System,
	}, trillianlog.NewSequencerManager(registry, 0)).OperationLoop(ctx)

	handlers, err := newCTLog(ctx, conn, registry.MetricFactory, o)
	if err != nil {
		return err
	}
	outer, err := listenLoopback(o.listen)
	if err != nil {
		return err
	}
	log.Printf("log at http://%s/%s", outer.Addr(), o.prefix)
	return http.Serve(outer, handlers)
}

func newTrillian() (*grpc.Server, extension.Registry) {
	trees := memory.NewTreeStorage()
	metrics := monitoring.InertMetricFactory{}
	registry := extension.Registry{
		AdminStorage:  memory.NewAdminStorage(trees),
		LogStorage:    memory.NewLogStorage(trees, metrics),
		QuotaManager:  quota.Noop(),
		MetricFactory: metrics,
	}
	// Without the wrapper, storage errors reach clients as code Unknown and the CTFE cannot tell "not found" from a fault.
	s := grpc.NewServer(grpc.UnaryInterceptor(interceptor.ErrorWrapper))
	trillian.RegisterTrillianAdminServer(s, admin.New(registry, nil))
	trillian.RegisterTrillianLogServer(s, server.NewTrillianLogRPCServer(registry, clock.System))
	return s, registry
}

func newCTLog(ctx context.Context, conn *grpc.ClientConn, metrics monitoring.MetricFactory, o options) (http.Handler, error) {
	logClient := trillian.NewTrillianLogClient(conn)
	tree, err := client.CreateAndInitTree(ctx, &trillian.CreateTreeRequest{Tree: &trillian.Tree{
		TreeState: trillian.TreeState_ACTIVE, TreeType: trillian.TreeType_LOG, MaxRootDuration: durationpb.New(time.Hour),
	}}, trillian.NewTrillianAdminClient(conn), logClient)
	if err != nil {
		return nil, fmt.Errorf("making the tree: %w", err)
	}
	key, err := readKey(o.keyFile)
	if err != nil {
		return nil, err
	}
	config, err := ctfe.ValidateLogConfig(&configpb.LogConfig{
		LogId: tree.TreeId, Prefix: o.prefix, RootsPemFile: []string{o.rootsFile}, PrivateKey: key,
		// Fulcio's certificates are for code signing; the CTFE's default is TLS servers.
		ExtKeyUsages: []string{"CodeSigning"}, MaxMergeDelaySec: 86400,
	})
	if err != nil {
		return nil, fmt.Errorf("configuring the log: %w", err)
	}
	instance, err := ctfe.SetUpInstance(ctx, ctfe.InstanceOptions{
		Validated: config, Client: logClient, Deadline: 10 * time.Second,
		MetricFactory: metrics, RequestLog: new(ctfe.DefaultRequestLog),
	})
	if err != nil {
		return nil, fmt.Errorf("setting up the log: %w", err)
	}
	go instance.RunUpdateSTH(ctx, time.Second)
	mux := http.NewServeMux()
	for path, handler := range instance.Handlers {
		mux.Handle(path, handler)
	}
	return mux, nil
}

func readKey(file string) (*anypb.Any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the key is not PEM")
	}
	keys.RegisterHandler(&keyspb.PrivateKey{}, func(ctx context.Context, m proto.Message) (crypto.Signer, error) {
		return der.FromProto(ctx, m)
	})
	return anypb.New(&keyspb.PrivateKey{Der: block.Bytes})
}

// listenLoopback refuses any address that another machine could reach: nothing here asks who the caller is.
func listenLoopback(address string) (net.Listener, error) {
	a, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	if a.IP == nil || !a.IP.IsLoopback() {
		return nil, fmt.Errorf("%s is not a loopback address", address)
	}
	return net.ListenTCP("tcp", a)
}

func serve(s *grpc.Server, l net.Listener) {
	if err := s.Serve(l); err != nil {
		log.Fatal(err)
	}
}
