// Picks slots and follows them through the stages. Context c holds the samples i with
// i mod Contexts = c. A context is ready when it is loaded, has slots left, all slots of earlier
// levels of its sample are written, and, for the first slot of the last level, the score register is
// not claimed. In a cycle in which the gather stage is empty or in its slot's last clock, the ready
// context with the oldest sample has its next slot issued; it is in the gather stage from the next
// cycle on, a clock each in look-up and write-back after that.
module fabric_sequencer #(
  parameter int unsigned Slots       = 1,
  parameter int unsigned Contexts    = 1,
  parameter int unsigned SlotBits    = $clog2(Slots + 1),
  parameter int unsigned ContextBits = (Contexts > 1) ? $clog2(Contexts) : 1
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,

  // Program: the first slot of each slot's level.
  input  logic                   begin_write_i,
  input  logic [SlotBits-1:0]    begin_slot_i,
  input  logic [SlotBits-1:0]    begin_i,

  // Feature load: the context that takes words, and that its sample is whole.
  output logic                   load_ready_o,
  output logic [ContextBits-1:0] load_context_o,
  input  logic                   loaded_i,

  // Route stage, this cycle.
  output logic                   issue_o,
  output logic [SlotBits-1:0]    issue_slot_o,
  // Gather.
  output logic                   gather_valid_o,
  output logic [ContextBits-1:0] gather_context_o,
  input  logic                   gather_last_i,
  // Look up.
  output logic                   look_up_valid_o,
  output logic [SlotBits-1:0]    look_up_slot_o,
  // Write back.
  output logic                   write_valid_o,
  output logic [ContextBits-1:0] write_context_o,
  output logic [SlotBits-1:0]    write_slot_o,
  output logic                   write_last_o,  // of its sample

  input  logic                   release_i,  // the score register is free from the next cycle on

  // Why this cycle: 0 idle, 1 busy, 2 input wait, 3 output wait, 4 bank conflict.
  output logic [2:0]             cause_o
);

  typedef struct packed {
    logic                valid;
    logic [31:0]         context_id;
    logic [SlotBits-1:0] slot;
  } stage_t;

  logic [SlotBits-1:0] begins[Slots];
  logic [SlotBits-1:0] issued_q[Contexts];
  logic [SlotBits-1:0] written_q[Contexts];
  logic [Contexts-1:0] loaded_q;
  logic [31:0]         oldest_q, loading_q;
  logic                claimed_q;
  stage_t              gather_q, look_up_q, write_q;

  logic route_free;
  assign route_free = !gather_q.valid || gather_last_i;

  function automatic logic [31:0] next(input logic [31:0] context_id);
    return (context_id == Contexts - 1) ? 0 : context_id + 1;
  endfunction

  logic [31:0] picked, candidate;
  logic        found, waiting, barrier, first_waits_for_input;
  logic        scores_taken;

  always_comb begin
    found = 1'b0;
    picked = '0;
    waiting = 1'b0;
    first_waits_for_input = 1'b0;
    candidate = oldest_q;
    barrier = 1'b0;
    scores_taken = 1'b0;
    for (int unsigned i = 0; i < Contexts; i++) begin
      if (loaded_q[candidate[ContextBits-1:0]] && 32'(issued_q[candidate]) < Slots) begin
        barrier = written_q[candidate] < begins[issued_q[candidate]];
        scores_taken = claimed_q && issued_q[candidate] == begins[Slots-1];
        if (!waiting) first_waits_for_input = barrier;
        waiting = 1'b1;
        if (!found && !barrier && !scores_taken) begin
          found = 1'b1;
          picked = candidate;
        end
      end
      candidate = next(candidate);
    end
  end

  assign issue_o = route_free && found;
  assign issue_slot_o = issued_q[picked];

  always_comb begin
    if (!route_free) cause_o = 3'd4;
    else if (found) cause_o = 3'd1;
    else if (!waiting) cause_o = 3'd0;
    else cause_o = first_waits_for_input ? 3'd2 : 3'd3;
  end

  assign load_ready_o = !loaded_q[loading_q[ContextBits-1:0]];
  assign load_context_o = loading_q[ContextBits-1:0];
  assign gather_valid_o = gather_q.valid;
  assign gather_context_o = gather_q.context_id[ContextBits-1:0];
  assign look_up_valid_o = look_up_q.valid;
  assign look_up_slot_o = look_up_q.slot;
  assign write_valid_o = write_q.valid;
  assign write_context_o = write_q.context_id[ContextBits-1:0];
  assign write_slot_o = write_q.slot;
  assign write_last_o = write_q.valid && 32'(written_q[write_q.context_id]) == Slots - 1;

  always_ff @(posedge clk_i) begin
    if (begin_write_i) begins[begin_slot_i] <= begin_i;
  end

  // Stages.
  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      gather_q <= '0;
      look_up_q <= '0;
      write_q <= '0;
    end else begin
      write_q <= look_up_q;
      look_up_q <= gather_q;
      look_up_q.valid <= gather_q.valid && gather_last_i;
      if (issue_o) begin
        gather_q.valid <= 1'b1;
        gather_q.context_id <= picked;
        gather_q.slot <= issue_slot_o;
      end else if (route_free) begin
        gather_q.valid <= 1'b0;
      end
    end
  end

  // Contexts.
  for (genvar c = 0; c < Contexts; c++) begin : gen_context
    always_ff @(posedge clk_i or negedge rst_ni) begin
      if (!rst_ni) begin
        loaded_q[c] <= 1'b0;
        issued_q[c] <= '0;
        written_q[c] <= '0;
      end else if (write_last_o && write_q.context_id == c) begin
        loaded_q[c] <= 1'b0;
        issued_q[c] <= '0;
        written_q[c] <= '0;
      end else begin
        if (loaded_i && loading_q == c) loaded_q[c] <= 1'b1;
        if (issue_o && picked == c) issued_q[c] <= issued_q[c] + 1'b1;
        if (write_q.valid && write_q.context_id == c) written_q[c] <= written_q[c] + 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      oldest_q <= '0;
      loading_q <= '0;
      claimed_q <= 1'b0;
    end else begin
      if (write_last_o) oldest_q <= next(oldest_q);
      if (loaded_i) loading_q <= next(loading_q);
      if (issue_o && issue_slot_o == begins[Slots-1]) claimed_q <= 1'b1;
      else if (release_i) claimed_q <= 1'b0;
    end
  end

endmodule
