// Gathers the bits of a slot's pins from the bit file of its context into pin registers. A bank
// (bit address mod Banks) gives Ports different bits a clock, each to every pin that asks for it;
// pins are served in ascending order. Banks = 0: every pin reads any bit. last_o tells that this
// clock serves all pins that still wait.
module fabric_gather #(
  parameter int unsigned Pins     = 1,
  parameter int unsigned Signals  = 2,
  parameter int unsigned Banks    = 0,
  parameter int unsigned Ports    = 1,
  parameter int unsigned AddrBits = $clog2(Signals)
) (
  input  logic                     clk_i,
  input  logic                     rst_ni,

  // The slot that is gathered from the next cycle on: of each pin what it reads.
  input  logic                     issue_i,
  input  logic [2*Pins-1:0]        kinds_i,  // 0 constant 0, 1 constant 1, 2 a signal, 3 keeps its bit
  input  logic [AddrBits*Pins-1:0] addrs_i,

  input  logic                     valid_i,
  input  logic [Signals-1:0]       bits_i,
  output logic                     last_o,
  output logic [Pins-1:0]          pins_o
);

  localparam int unsigned Counts = (Banks == 0) ? 1 : Banks;

  logic [2*Pins-1:0]        kinds_q;
  logic [AddrBits*Pins-1:0] addrs_q;
  logic [Pins-1:0]          waiting_q, served, pins_d, pins_q;

  logic [AddrBits-1:0] reads[Counts*Ports];  // what the ports of a bank read in this clock
  int unsigned         used[Counts];         // ports
  logic [AddrBits-1:0] addr;
  int unsigned         bank;
  logic                shared;

  always_comb begin
    served = '0;
    pins_d = pins_q;
    addr = '0;
    bank = 0;
    shared = 1'b0;
    for (int unsigned b = 0; b < Counts; b++) used[b] = 0;
    for (int unsigned r = 0; r < Counts * Ports; r++) reads[r] = '0;
    for (int unsigned p = 0; p < Pins; p++) begin
      addr = addrs_q[p*AddrBits+:AddrBits];
      bank = 32'(addr) % Counts;
      if (valid_i && waiting_q[p]) begin
        if (kinds_q[2*p+:2] != 2'd2) begin
          served[p] = 1'b1;
          if (kinds_q[2*p+:2] != 2'd3) pins_d[p] = kinds_q[2*p];
        end else begin
          shared = Banks == 0;
          for (int unsigned r = 0; r < Ports; r++) begin
            if (r < used[bank] && reads[bank*Ports+r] == addr) shared = 1'b1;
          end
          if (!shared && used[bank] < Ports) begin
            reads[bank*Ports+used[bank]] = addr;
            used[bank] = used[bank] + 1;
            shared = 1'b1;
          end
          if (shared) begin
            served[p] = 1'b1;
            pins_d[p] = bits_i[addr];
          end
        end
      end
    end
  end

  assign last_o = (waiting_q & ~served) == '0;
  assign pins_o = pins_q;

  always_ff @(posedge clk_i) begin
    if (issue_i) begin
      kinds_q <= kinds_i;
      addrs_q <= addrs_i;
    end
  end

  always_ff @(posedge clk_i or negedge rst_ni) begin
    if (!rst_ni) begin
      waiting_q <= '0;
      pins_q <= '0;
    end else begin
      pins_q <= pins_d;
      waiting_q <= issue_i ? '1 : waiting_q & ~served;
    end
  end

endmodule
