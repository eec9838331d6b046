#pragma once

#include <cstdint>
#include <utility>
#include <variant>

#include "sim/hw/credit_queue.h"

namespace sim::hw {

/// Between one requester and a server: a queue of requests and one of responses, each with its own
/// credits. What one side gives in cycle n the other sees in cycle n+1.
///
/// The server takes a request only when its response has a place; the place stays reserved until
/// the response is received, so that the server can give it in any cycle. A place that is freed in
/// cycle n can be reserved from cycle n+1 on.
template <class Request, class Response>
class CreditPort {
 public:
  CreditPort(std::uint32_t requests, std::uint32_t responses)
      : requests_(requests), responses_(responses), places_(responses) {}

  void connect(Wakeable& requester, Wakeable& server) {
    requests_.connect(requester, server);
    responses_.connect(server, requester);
  }

  // The requester's side.
  bool can_send(std::uint64_t cycle) const { return requests_.can_push(cycle); }
  void send(std::uint64_t cycle, Request request) { requests_.push(cycle, std::move(request)); }
  bool can_receive(std::uint64_t cycle) const { return responses_.can_pop(cycle); }
  Response receive(std::uint64_t cycle) {
    places_.pop(cycle);
    return responses_.pop(cycle);
  }

  // The server's side.
  bool request_waits(std::uint64_t cycle) const { return requests_.can_pop(cycle); }
  /// The request that waits.
  const Request& front() const { return requests_.front(); }
  bool has_place(std::uint64_t cycle) const { return places_.can_push(cycle); }
  /// Takes the request that waits and reserves the place of its response.
  Request take(std::uint64_t cycle) {
    places_.push(cycle, {});
    return requests_.pop(cycle);
  }
  void respond(std::uint64_t cycle, Response response) {
    responses_.push(cycle, std::move(response));
  }

 private:
  CreditQueue<Request> requests_;
  CreditQueue<Response> responses_;
  CreditQueue<std::monostate> places_;  // one word for each request taken and not yet received
};

}  // namespace sim::hw
